import type { Logger } from 'pino';
import type { ServerListener } from './mcp-connections.ts';
import type { McpTarget } from './mcp-target.ts';

/** Told of a server, each whether or not another of them fails. */
export class ServerListeners {
  readonly #log: Logger;
  readonly #listeners = new Set<ServerListener>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Returns what takes it away again. */
  add(listener: ServerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell({ tenantId, server }: McpTarget): void {
    for (const listener of this.#listeners) {
      try {
        listener(tenantId, server);
      } catch (error) {
        this.#log.error({ server, error }, 'A listener to an MCP server failed');
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
