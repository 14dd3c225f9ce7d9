// Logins kept in memory, for tests of what uses them. The real store has its own tests.
import type { GrantStore, KeptGrant } from '../../services/mcp/auth/grant-store.ts';

export function memoryGrants(): GrantStore {
  const kept = new Map<string, KeptGrant>();
  const leases = new Map<string, number>();
  const keyOf = (owner: object) => JSON.stringify(Object.values(owner).slice(0, 2));
  const none: KeptGrant = { grant: null, asked: null, version: 0 };
  const store: GrantStore = {
    read: ({ tenantId, server }) => Promise.resolve(kept.get(keyOf({ tenantId, server })) ?? none),
    async ask({ tenantId, server }, asked) {
      const key = keyOf({ tenantId, server });
      const { grant, version } = kept.get(key) ?? none;
      kept.set(key, { grant, asked, version: Math.max(1, version) });
    },
    async lease({ tenantId, server }, version, forMs) {
      const key = keyOf({ tenantId, server });
      if (kept.get(key)?.version !== version || (leases.get(key) ?? 0) > Date.now()) return false;
      leases.set(key, Date.now() + forMs);
      return true;
    },
    async release({ tenantId, server }) {
      leases.delete(keyOf({ tenantId, server }));
    },
    async save({ tenantId, server }, grant, version) {
      const key = keyOf({ tenantId, server });
      const known = kept.get(key)?.version ?? 0;
      if (version !== null && version !== known) return false;
      kept.set(key, { grant, asked: null, version: known + 1 });
      leases.delete(key);
      return true;
    },
    async forget({ tenantId, server }) {
      const key = keyOf({ tenantId, server });
      const known = kept.get(key) ?? none;
      kept.set(key, { ...known, grant: null, version: known.version + 1 });
      return known.grant !== null;
    },
  };
  return store;
}
