import type { Logger } from 'pino';
import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import { ServiceError } from '../errors.ts';
import type { McpConnections } from '../mcp/mcp-connections.ts';
import type { CatalogueChange, RegisteredTool } from './registered-tool.ts';
import { refreshServer } from './refresh-server.ts';
import type { Registry } from './registry.ts';
import { createRunLatest } from './run-latest.ts';

/** Keeps registry and tool index equal to what the servers offer. */
export interface Catalogue {
  /**
   * Connects to the server, records its tools and brings the index up to date.
   *
   * @throws ServiceError when it cannot be reached (the registry then says so too), or is disabled.
   */
  refreshServer(tenantId: TenantId, name: ServerName): Promise<CatalogueChange>;
  /** All enabled servers at once. One that fails or hangs neither fails nor delays another. */
  refreshAll(tenantId: TenantId): Promise<readonly RefreshOutcome[]>;
  /** Stops what runs and waits until it has stopped. Leaves connections and index open. */
  close(): Promise<void>;
}

export type RefreshOutcome =
  | { readonly server: ServerName; readonly ok: true; readonly change: CatalogueChange }
  | { readonly server: ServerName; readonly ok: false; readonly problem: string };

export interface CatalogueDeps {
  readonly registry: Pick<
    Registry,
    'getServer' | 'listServers' | 'listTools' | 'recordTools' | 'noteServer' | 'onChange'
  >;
  readonly connections: Pick<McpConnections, 'listTools' | 'onToolsChanged'>;
  readonly index: { sync(tenantId: TenantId, tools: readonly RegisteredTool[]): Promise<unknown> };
  readonly log: Logger;
}

/** Servers tell of each tool that changes; one look is enough for a burst. */
const DEBOUNCE_MS = 250;

export function createCatalogue({ registry, connections, index, log }: CatalogueDeps): Catalogue {
  const closing = new AbortController();
  const { signal } = closing;
  const open = new Set<Promise<unknown>>();
  const timers = new Map<string, NodeJS.Timeout>();

  const syncIndex = createRunLatest(async (tenantId: TenantId) => {
    await index.sync(tenantId, await registry.listTools(tenantId));
  });
  const refresh = createRunLatest(async (key: string) => {
    const { tenantId, server } = fromKey(key);
    const change = await refreshServer({ registry, connections, signal }, tenantId, server);
    await syncIndex(tenantId);
    return change;
  });

  function track<Value>(work: Promise<Value>): Promise<Value> {
    open.add(work);
    void work.catch(() => undefined).then(() => open.delete(work));
    return work;
  }

  async function refreshOne(tenantId: TenantId, name: ServerName): Promise<CatalogueChange> {
    if (signal.aborted) {
      throw new ServiceError(FAILURE.unavailable, 'The catalogue is closed: Ostinato is stopping.');
    }
    return track(refresh(toKey(tenantId, name)));
  }

  async function outcomeOf(tenantId: TenantId, server: ServerName): Promise<RefreshOutcome> {
    try {
      return { server, ok: true, change: await refreshOne(tenantId, server) };
    } catch (error) {
      const problem = messageOf(error);
      if (!signal.aborted) log.warn({ tenantId, server, problem }, 'server not refreshed');
      return { server, ok: false, problem };
    }
  }

  const stopTools = connections.onToolsChanged((tenantId, server) => {
    const key = toKey(tenantId, server);
    // Not begun anew by each notice: a server that never stops telling is still looked at.
    if (signal.aborted || timers.has(key)) return;
    const look = () => {
      timers.delete(key);
      void outcomeOf(tenantId, server);
    };
    timers.set(key, setTimeout(look, DEBOUNCE_MS));
  });
  const stopChanges = registry.onChange((tenantId) => {
    if (signal.aborted) return;
    track(syncIndex(tenantId)).catch((error: unknown) => {
      log.error({ tenantId, problem: messageOf(error) }, 'tool index not up to date');
    });
  });

  return {
    refreshServer: refreshOne,
    async refreshAll(tenantId) {
      const servers = await registry.listServers(tenantId);
      const enabled = servers.filter((server) => server.definition.enabled);
      return Promise.all(enabled.map((server) => outcomeOf(tenantId, server.name)));
    },
    async close() {
      closing.abort(new ServiceError(FAILURE.unavailable, 'Ostinato is stopping.'));
      stopTools();
      stopChanges();
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      await Promise.allSettled(open);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Server names have no `/`, so the key can be taken apart again whatever the tenant's id is. */
function toKey(tenantId: TenantId, server: ServerName): string {
  return `${server}/${tenantId}`;
}

function fromKey(key: string): { readonly tenantId: TenantId; readonly server: ServerName } {
  const at = key.indexOf('/');
  return { server: key.slice(0, at) as ServerName, tenantId: key.slice(at + 1) as TenantId };
}
