import type { FetchLike, PriorDiscovery } from '@modelcontextprotocol/client';
import type { Logger } from 'pino';
import type { OutboundPolicy } from '../net/outbound-policy.ts';
import type { Environment } from './expand-env.ts';
import { expandTransport, redactor } from './expand-env.ts';
import type { McpTarget } from './mcp-target.ts';
import type { OpenClient } from './open-client.ts';
import { openClient } from './open-client.ts';
import type { ServerTransport } from './server-transport.ts';

export interface ServerOpenerDeps {
  readonly log: Logger;
  readonly env: Environment;
  /** The `fetch` for its requests, made once: it keeps their tokens. */
  readonly authorize: (transport: ServerTransport) => FetchLike;
  readonly policy: OutboundPolicy;
  readonly asksPeople: boolean;
  readonly maxMessageBytes: number;
}

export type ServerOpener = (
  prior: PriorDiscovery | null,
  signal: AbortSignal,
) => Promise<OpenClient>;

/** Opens clients to one server, each with the variables of its definition as they are then. */
export function createServerOpener(target: McpTarget, deps: ServerOpenerDeps): ServerOpener {
  const { log, env } = deps;
  let fetch: FetchLike | null = null;
  return async (prior, signal) => {
    const variables = target.trust === 'tenant' ? null : env;
    const transport = expandTransport(target.transport, variables, target.server);
    return openClient({
      target,
      transport,
      deps: {
        ...deps,
        fetch: (fetch ??= deps.authorize(transport)),
        server: target.server,
        connectTimeoutMs: target.connectTimeoutMs,
        redact: redactor(target.transport, transport),
        onStderr: (line) => log.info({ server: target.server, stream: 'stderr' }, line),
      },
      prior,
      asksPeople: deps.asksPeople,
      signal,
    });
  };
}
