import { eq } from 'drizzle-orm';
import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName, ToolId } from '../../common/tool.ts';
import type { Database, SqlTransaction } from '../database/database.ts';
import { catalogues } from '../database/schema.ts';
import { withDatabaseErrors } from '../database/with-database-errors.ts';
import { ServiceError } from '../errors.ts';
import type { ListedTool } from '../mcp/listed-tool.ts';
import { changeCatalogue } from './change-catalogue.ts';
import { definitionProblems } from './check-definition.ts';
import type { RegisteredServer, ServerNote } from './registered-server.ts';
import type { CatalogueChange, RegisteredTool, ToolSettings } from './registered-tool.ts';
import type { ServerDefinition, ServerTrust } from './server-definition.ts';
import { parseServerName } from './server-name.ts';
import * as serverStore from './server-store.ts';
import { recordTools } from './tools/record-tools.ts';
import { toRegisteredTool } from './tools/to-registered-tool.ts';
import type { ToolFilter } from './tools/tool-store.ts';
import * as toolStore from './tools/tool-store.ts';

export type { RegisteredServer, ServerNote } from './registered-server.ts';
export type { CatalogueChange, RegisteredTool, ToolSettings } from './registered-tool.ts';
export type { ServerDefinition } from './server-definition.ts';

/**
 * Servers and tools of each tenant: what is registered, what was listed, what may be used. Nothing
 * here talks to a server. A name or id that is not there is a ServiceError (NotFound for servers,
 * Tool.NotFound for tools) that names the nearest one.
 */
export interface Registry {
  listServers(tenantId: TenantId): Promise<readonly RegisteredServer[]>;
  getServer(tenantId: TenantId, name: ServerName): Promise<RegisteredServer>;
  /**
   * Registers a server, or replaces its definition.
   *
   * @param trust whose word it is. A tenant who leaves the transport as it was does not change it.
   *   @default operator
   * @throws ServiceError (BadInput) for a name or definition that could not work.
   */
  putServer(
    tenantId: TenantId,
    name: string,
    definition: ServerDefinition,
    trust?: ServerTrust,
  ): Promise<RegisteredServer>;
  /** Its tools go with it. The names given to models stay taken, so that none ever changes meaning. */
  removeServer(tenantId: TenantId, name: ServerName): Promise<void>;
  noteServer(tenantId: TenantId, name: ServerName, note: ServerNote): Promise<void>;
  /**
   * Brings the catalogue to what the server lists. New tools are active; a known tool with another
   * definition becomes `changed` and waits for approval; one not listed is `gone`. Tools above the
   * limits are kept out, with the reason in the server's warnings.
   */
  recordTools(
    tenantId: TenantId,
    server: ServerName,
    listed: readonly ListedTool[],
  ): Promise<CatalogueChange>;
  /**
   * Accepts a changed definition.
   *
   * @param fingerprint the definition that was looked at.
   * @throws ServiceError (Conflict) when the tool has another fingerprint by now.
   */
  approveTool(tenantId: TenantId, id: ToolId, fingerprint?: string): Promise<RegisteredTool>;
  updateTool(tenantId: TenantId, id: ToolId, settings: ToolSettings): Promise<RegisteredTool>;
  /** Stays away, also when its server lists it again, until it is enabled. */
  removeTool(tenantId: TenantId, id: ToolId): Promise<void>;
  /** Ordered by id. */
  listTools(tenantId: TenantId, filter?: ToolFilter): Promise<readonly RegisteredTool[]>;
  /** Also finds tools that cannot be used now: look at `enabled` and `status`. */
  findTool(tenantId: TenantId, id: ToolId): Promise<RegisteredTool | null>;
  findToolByModelName(tenantId: TenantId, modelName: string): Promise<RegisteredTool | null>;
  /** Grows when what the catalogue offers differs. 0: nothing was ever offered. */
  catalogueVersion(tenantId: TenantId): Promise<number>;
  /**
   * Calls the listener after each change made through this object, once it is committed; changes of
   * other processes are seen by `catalogueVersion`. Listeners must not throw.
   *
   * @returns a function that ends it.
   */
  onChange(listener: CatalogueListener): () => void;
}

export type CatalogueListener = (tenantId: TenantId, change: CatalogueChange) => void;

export function createRegistry({ db }: Pick<Database, 'db'>): Registry {
  const listeners = new Set<CatalogueListener>();

  async function change(
    tenantId: TenantId,
    server: ServerName,
    mutate: (tx: SqlTransaction) => Promise<void>,
  ): Promise<CatalogueChange> {
    const { change: made } = await changeCatalogue(db, tenantId, server, mutate);
    if (made.added.length + made.changed.length + made.removed.length > 0) {
      for (const listener of listeners) listener(tenantId, made);
    }
    return made;
  }

  async function changeTool(
    tenantId: TenantId,
    id: ToolId,
    mutate: (tx: SqlTransaction) => Promise<void>,
  ): Promise<RegisteredTool> {
    await change(tenantId, serverOf(id), mutate);
    return toRegisteredTool(await toolStore.getTool(db, tenantId, id));
  }

  return withDatabaseErrors({
    listServers: (tenantId) => serverStore.listServers(db, tenantId),
    getServer: (tenantId, name) => serverStore.getServer(db, tenantId, name),

    async putServer(tenantId, text, definition, trust = 'operator') {
      const name = parseServerName(text);
      assertDefinition(name, definition);
      await change(tenantId, name, (tx) =>
        serverStore.writeDefinition(tx, tenantId, name, definition, trust),
      );
      return serverStore.getServer(db, tenantId, name);
    },

    async removeServer(tenantId, name) {
      await change(tenantId, name, (tx) => serverStore.deleteServer(tx, tenantId, name));
    },

    noteServer: (tenantId, name, note) => serverStore.noteServer(db, tenantId, name, note),

    recordTools: (tenantId, server, listed) =>
      change(tenantId, server, async (tx) => {
        await serverStore.assertServer(tx, tenantId, server);
        await recordTools(tx, { tenantId, server, nowMs: Date.now() }, listed);
      }),

    approveTool: (tenantId, id, fingerprint) =>
      changeTool(tenantId, id, (tx) => toolStore.approveTool(tx, tenantId, id, fingerprint)),
    updateTool: (tenantId, id, settings) =>
      changeTool(tenantId, id, (tx) => toolStore.updateTool(tx, tenantId, id, settings)),
    async removeTool(tenantId, id) {
      await change(tenantId, serverOf(id), (tx) => toolStore.removeTool(tx, tenantId, id));
    },

    listTools: (tenantId, filter) => toolStore.listTools(db, tenantId, filter),
    async findTool(tenantId, id) {
      const row = await toolStore.findTool(db, tenantId, { id });
      return row === null ? null : toRegisteredTool(row);
    },
    async findToolByModelName(tenantId, modelName) {
      const row = await toolStore.findTool(db, tenantId, { modelName });
      return row === null ? null : toRegisteredTool(row);
    },

    async catalogueVersion(tenantId) {
      const [row] = await db.select().from(catalogues).where(eq(catalogues.tenantId, tenantId));
      return row?.version ?? 0;
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
}

function serverOf(id: ToolId): ServerName {
  return id.slice(0, Math.max(0, id.indexOf('/'))) as ServerName;
}

function assertDefinition(name: ServerName, definition: ServerDefinition): void {
  const problems = definitionProblems(definition);
  if (problems.length === 0) return;
  throw new ServiceError(
    FAILURE.badInput,
    `Server "${name}" cannot be registered: ${problems.map(({ field, message }) => `${field} ${message}`).join('; ')}.`,
  );
}
