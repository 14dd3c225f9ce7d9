import type { ServerAuth } from './auth/server-auth.ts';

/**
 * How a server is reached, as it is stored. Values may hold `${NAME}` or `${NAME:-default}`, which
 * is expanded from the environment when connecting and never stored expanded.
 */
export type ServerTransport = StdioServer | RemoteServer;

export interface StdioServer {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the few safe variables (PATH, HOME, …) that every child gets. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | null;
}

export interface RemoteServer {
  /** `http` is Streamable HTTP, `sse` the older HTTP+SSE transport. */
  readonly kind: 'http' | 'sse' | 'websocket';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * How tokens for it are got: `http` and `sse` alone. Part of the address, since it says to whom
   * secrets go. @default a person's login, where somebody logged in
   */
  readonly auth?: ServerAuth;
}
