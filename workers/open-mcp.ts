import type { Logger } from 'pino';
import type { OpenBreakers } from '../services/breaker/open-breakers.ts';
import type { Config } from '../services/config.ts';
import type { Database } from '../services/database/database.ts';
import { createGrantStore } from '../services/mcp/auth/grant-store.ts';
import type { Logins } from '../services/mcp/auth/logins.ts';
import { createLogins } from '../services/mcp/auth/logins.ts';
import type { McpConnections } from '../services/mcp/connections.ts';
import { createMcpConnections } from '../services/mcp/connections.ts';
import { createWaysOut } from '../services/mcp/ways-out.ts';
import { createSealer } from '../services/sealer.ts';

export interface OpenMcp {
  readonly connections: McpConnections;
  readonly logins: Logins;
}

export interface OpenMcpDeps {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly database: Database;
  readonly breakers: OpenBreakers['breakers'];
  readonly log: Logger;
}

/** Connections to servers, and people's logins there. */
export function openMcp({ config, env, database, breakers, log }: OpenMcpDeps): OpenMcp {
  const { allowedHosts, sealKeys, mcp } = config;
  const sealer = createSealer(sealKeys);
  const grants = createGrantStore(database, sealer);
  const connections = createMcpConnections({
    ...{ env, allowedHosts, grants, log },
    // Runs put to people what their tools ask.
    asksPeople: true,
    limits: { maxResultBytes: mcp.maxResultBytes },
  });
  connections.onReconnected((tenantId, name) => {
    const told = breakers.revived({ tenantId, kind: 'mcp', name });
    told.catch((error: unknown) => log.warn({ err: error, server: name }, 'breaker not told'));
  });
  const ways = createWaysOut({ allowedHosts });
  return { connections, logins: createLogins({ ways, env, grants, sealer }) };
}
