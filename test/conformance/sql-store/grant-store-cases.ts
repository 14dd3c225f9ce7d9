import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { ServerName } from '../../../common/tool.ts';
import type { Database } from '../../../services/database/database.ts';
import { createGrantStore } from '../../../services/mcp/auth/grant-store.ts';
import type { StoredGrant } from '../../../services/mcp/auth/stored-grant.ts';
import { createRegistry } from '../../../services/registry/registry.ts';
import { SERVER_DEFINITION_DEFAULTS } from '../../../services/registry/server-definition.ts';
import { createSealer } from '../../../services/sealer.ts';

const sealer = createSealer([randomBytes(32)]);
const owner = { tenantId: 'grants' as TenantId, server: 'web' as ServerName };
const grantOf = (token: string): StoredGrant => ({
  serverUrl: 'https://example.com/mcp',
  client: { client_id: 'a' },
  tokens: { access_token: token, token_type: 'Bearer', issuer: 'https://login.example.com' },
  expiresAtMs: 2_000_000_000_000,
  sinceMs: 1,
  requestedScope: null,
  resourceMetadataUrl: null,
});

export function grantStoreCases(open: () => Database): void {
  describe('logins at servers', () => {
    const store = () => createGrantStore(open(), sealer);
    afterEach(async () => {
      vi.useRealTimers();
      await store().forget(owner, null);
    });

    it('nothing kept → nothing, and nothing to forget', async () => {
      const other = { ...owner, server: 'none' as ServerName };
      expect(await store().read(other)).toEqual({ grant: null, asked: null, version: 0 });
      expect(await store().forget(other, null)).toBe(false);
    });

    it('asked, saved, replaced, forgotten → what there is, with a version of its own each', async () => {
      const grants = store();
      const asked = { scope: 'a b', resourceMetadataUrl: null };
      await grants.ask(owner, asked);
      const before = await grants.read(owner);
      expect(before).toMatchObject({ grant: null, asked });
      await grants.save(owner, grantOf('one'), null);
      const first = await grants.read(owner);
      expect(first).toMatchObject({ grant: grantOf('one'), asked: null });
      expect(await grants.save(owner, grantOf('two'), first.version)).toBe(true);
      // Whoever still knows the first is too late, whatever it wants.
      expect(await grants.save(owner, grantOf('three'), first.version)).toBe(false);
      expect(await grants.forget(owner, first.version)).toBe(false);
      const second = await grants.read(owner);
      expect(second.grant?.tokens.access_token).toBe('two');
      expect(second.version).toBeGreaterThan(first.version);
      expect(await grants.forget(owner, second.version)).toBe(true);
      expect((await grants.read(owner)).grant).toBeNull();
    });

    it('ten want to renew at once → one may, until its time is over or it is done', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const grants = store();
      await grants.save(owner, grantOf('one'), null);
      const { version } = await grants.read(owner);
      const many = () =>
        Promise.all(Array.from({ length: 10 }, () => grants.lease(owner, version, 1_000)));
      const mayRenew = async () => (await many()).filter(Boolean).length;
      expect(await mayRenew()).toBe(1);
      expect(await mayRenew()).toBe(0);
      vi.setSystemTime(Date.now() + 1_001);
      expect(await mayRenew()).toBe(1);
      await grants.release(owner, version);
      expect(await mayRenew()).toBe(1);
      await grants.save(owner, grantOf('two'), version);
      expect(await mayRenew()).toBe(0);
      const newer = (await grants.read(owner)).version;
      expect(await grants.lease(owner, newer, 1_000)).toBe(true);
    });

    it('another tenant → sees nothing, and forgets nothing', async () => {
      const grants = store();
      await grants.save(owner, grantOf('one'), null);
      const foreign = { ...owner, tenantId: 'other' as TenantId };
      expect((await grants.read(foreign)).grant).toBeNull();
      expect(await grants.forget(foreign, null)).toBe(false);
      expect((await grants.read(owner)).grant).not.toBeNull();
    });

    it('another key → refused with the remedy, and a new login replaces it', async () => {
      await store().save(owner, grantOf('one'), null);
      const changed = createGrantStore(open(), createSealer([randomBytes(32)]));
      await expect(changed.read(owner)).rejects.toMatchObject({ type: FAILURE.conflict });
      await changed.save(owner, grantOf('two'), null);
      expect((await changed.read(owner)).grant?.tokens.access_token).toBe('two');
    });

    it('its server is removed → gone with it', async () => {
      const registry = createRegistry(open());
      const transport = { kind: 'http', url: 'https://example.com/mcp', headers: {} } as const;
      await registry.putServer(owner.tenantId, owner.server, {
        ...SERVER_DEFINITION_DEFAULTS,
        transport,
      });
      await store().save(owner, grantOf('one'), null);
      await registry.removeServer(owner.tenantId, owner.server);
      expect(await store().read(owner)).toEqual({ grant: null, asked: null, version: 0 });
    });
  });
}
