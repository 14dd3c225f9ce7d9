import { LRUCache } from 'lru-cache';
import type { TenantId } from '../../common/tenant.ts';
import type { Registry } from './registry.ts';

type Lookups = Pick<Registry, 'findTool' | 'getServer' | 'listTools'>;

/** Another process's change is seen after this at the latest, ms. */
const TTL_MS = 1_000;
const MAX_ENTRIES = 10_000;

/**
 * The registry's look-ups as each tool call makes them, kept for a second: a plan asks for the same
 * few tools again and again. A change made in this process is seen at once. What is not there is
 * asked for anew each time.
 */
export function recentLookups(
  registry: Lookups & Pick<Registry, 'onChange'>,
  ttlMs: number = TTL_MS,
): Lookups {
  const tools = new LRUCache<string, Awaited<ReturnType<Lookups['findTool']>> & object>({
    max: MAX_ENTRIES,
    ttl: ttlMs,
  });
  const servers = new LRUCache<string, Awaited<ReturnType<Lookups['getServer']>>>({
    max: MAX_ENTRIES,
    ttl: ttlMs,
  });
  // Counts changes: a look-up that was under way while one happened is not kept.
  let changes = 0;
  registry.onChange(() => {
    changes += 1;
    tools.clear();
    servers.clear();
  });
  return {
    async findTool(tenantId, id) {
      const key = keyOf(tenantId, id);
      const known = tools.get(key);
      if (known !== undefined) return known;
      const before = changes;
      const found = await registry.findTool(tenantId, id);
      if (found !== null && before === changes) tools.set(key, found);
      return found;
    },
    async getServer(tenantId, name) {
      const key = keyOf(tenantId, name);
      const known = servers.get(key);
      if (known !== undefined) return known;
      const before = changes;
      const found = await registry.getServer(tenantId, name);
      if (before === changes) servers.set(key, found);
      return found;
    },
    listTools: (tenantId, filter) => registry.listTools(tenantId, filter),
  };
}

function keyOf(tenantId: TenantId, name: string): string {
  return JSON.stringify([tenantId, name]);
}
