// An authorization server, an MCP server that asks for its tokens, a database, and workers on it.
import { randomBytes } from 'node:crypto';
import type { TenantId } from '../../../../../common/tenant.ts';
import type { Database } from '../../../../../services/database/database.ts';
import { openDatabase } from '../../../../../services/database/open-database.ts';
import { createGrantStore } from '../../../../../services/mcp/auth/grant-store.ts';
import type { LoginAnswer } from '../../../../../services/mcp/auth/logins.ts';
import { createLogins } from '../../../../../services/mcp/auth/logins.ts';
import type { ServerAuth } from '../../../../../services/mcp/auth/server-auth.ts';
import { createMcpConnections } from '../../../../../services/mcp/connections.ts';
import type { McpTarget } from '../../../../../services/mcp/mcp-target.ts';
import { createWaysOut } from '../../../../../services/mcp/ways-out.ts';
import { createSealer } from '../../../../../services/sealer.ts';
import type { AuthorizationServerOptions } from '../../../../support/authorization-server.ts';
import { startAuthorizationServer } from '../../../../support/authorization-server.ts';
import { silent, targetOf } from '../../../../support/fake-mcp-target.ts';
import { startProtectedServer } from '../../../../support/protected-mcp-server.ts';

export const REDIRECT = 'http://127.0.0.1:7777/callback';

export type Stage = Awaited<ReturnType<typeof openStage>>;

export async function openStage(
  database: Database,
  options: AuthorizationServerOptions & {
    readonly env?: Readonly<Record<string, string>>;
    readonly sealKeys?: readonly Uint8Array[];
  } = {},
) {
  const { env = {}, sealKeys = [randomBytes(32)] } = options;
  const authorization = await startAuthorizationServer(options);
  const server = await startProtectedServer(authorization);
  const sealer = createSealer(sealKeys);
  const grants = createGrantStore(database, sealer);
  const logins = createLogins({ ways: createWaysOut(), env, grants, sealer });
  const workers = new Set<ReturnType<typeof createMcpConnections>>();

  /** The server as it is registered; a name of its own keeps tests of one database apart. */
  const target = (auth?: Partial<ServerAuth>, other: Partial<McpTarget> = {}): McpTarget =>
    targetOf(
      `server-${new URL(server.url).port}`,
      {
        ...{ kind: 'http', url: server.url, headers: {} },
        ...(auth === undefined ? {} : { auth: { grant: 'authorization_code', ...auth } }),
      },
      other,
    );

  /** The person's way from the page back to the redirect address. */
  async function visit(authorizationUrl: string): Promise<Omit<LoginAnswer, 'login'>> {
    const page = await fetch(authorizationUrl, { redirect: 'manual' });
    const { searchParams } = new URL(page.headers.get('location') ?? '');
    const read = (name: string) => searchParams.get(name);
    return {
      ...{ state: read('state'), code: read('code'), iss: read('iss'), error: read('error') },
      errorDescription: read('error_description'),
    };
  }

  return {
    authorization,
    server,
    grants,
    logins,
    target,
    visit,
    /** One process: connections of its own on the shared database. */
    worker() {
      const worker = createMcpConnections({ log: silent, env, grants });
      workers.add(worker);
      return worker;
    },
    async login(of: McpTarget) {
      const { login, authorizationUrl } = await logins.start(of, REDIRECT);
      return logins.finish(of, { login, ...(await visit(authorizationUrl)) });
    },
    async close() {
      await Promise.all([...workers].map((worker) => worker.close()));
      await server.close();
      await authorization.close();
    },
  };
}

export const openMemoryDatabase = () => openDatabase({ kind: 'pglite', dir: null });
export const OTHER_TENANT = 'other' as TenantId;
