import { LRUCache } from 'lru-cache';
import type { TenantId } from '../../common/tenant.ts';
import type { Registry } from './registry.ts';

type Lookups = Pick<Registry, 'findTool' | 'getServer' | 'listTools'>;

/** Another process's change is seen after this at the latest, ms. */
const TTL_MS = 1_000;
const MAX_ENTRIES = 10_000;

/**
 * The registry's look-ups as each tool call makes them, kept for a second: a plan asks for the same
 * few tools again and again, and calls that begin together for the same ones. A change made in this
 * process is seen at once. What is not there is asked for anew each time.
 */
export function recentLookups(
  registry: Lookups & Pick<Registry, 'onChange'>,
  ttlMs: number = TTL_MS,
): Lookups {
  const tools = createRecent<NonNullable<Awaited<ReturnType<Lookups['findTool']>>>>(ttlMs);
  const servers = createRecent<Awaited<ReturnType<Lookups['getServer']>>>(ttlMs);
  registry.onChange(() => {
    tools.clear();
    servers.clear();
  });
  return {
    findTool: (tenantId, id) =>
      tools.of(keyOf(tenantId, id), () => registry.findTool(tenantId, id)),
    getServer: (tenantId, name) =>
      servers.of(keyOf(tenantId, name), () => registry.getServer(tenantId, name)),
    listTools: (tenantId, filter) => registry.listTools(tenantId, filter),
  };
}

function createRecent<Value extends object>(ttlMs: number) {
  const known = new LRUCache<string, Value>({ max: MAX_ENTRIES, ttl: ttlMs });
  const asked = new Map<string, Promise<Value | null>>();
  return {
    async of<Found extends Value | null>(key: string, load: () => Promise<Found>): Promise<Found> {
      const found = known.get(key) ?? asked.get(key);
      if (found !== undefined) return found as Found | Promise<Found>;
      const asking = load();
      asked.set(key, asking);
      // One that is not there any more was asked before a change, and is not kept.
      const isCurrent = (): boolean => asked.get(key) === asking;
      try {
        const value = await asking;
        if (value !== null && isCurrent()) known.set(key, value);
        return value;
      } finally {
        if (isCurrent()) asked.delete(key);
      }
    },
    /** Also what is being asked now: who asks next asks anew. */
    clear() {
      known.clear();
      asked.clear();
    },
  };
}

function keyOf(tenantId: TenantId, name: string): string {
  return JSON.stringify([tenantId, name]);
}
