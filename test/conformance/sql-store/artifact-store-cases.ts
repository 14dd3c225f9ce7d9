import { describe, expect, it } from 'vitest';
import { createArtifactStore } from '../../../services/artifacts/artifact-store.ts';
import type { Database } from '../../../services/database/database.ts';
import { artifacts } from '../../../services/database/schema.ts';
import { newTenant } from './new-tenant.ts';

export function artifactStoreCases(open: () => Database): void {
  describe('artifacts', () => {
    const body = Uint8Array.from({ length: 256 }, (_, at) => at);

    it('every byte value put → the same bytes and reference got', async () => {
      const store = createArtifactStore(open());
      const tenant = newTenant();
      const ref = await store.put(tenant, { mediaType: 'image/png', body });
      const got = await store.get(tenant, ref.artifactId);
      expect(got.ref).toEqual(ref);
      expect([...got.body]).toEqual([...body]);
      expect(ref).toMatchObject({ mediaType: 'image/png', bytes: 256 });
      expect(ref.sha256).toBe('40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880');
    });

    it('the same body put twice at once → one reference', async () => {
      const store = createArtifactStore(open());
      const tenant = newTenant();
      const refs = await Promise.all(
        [1, 2, 3].map(() => store.put(tenant, { mediaType: 'text/plain', body })),
      );
      expect(new Set(refs.map((ref) => ref.artifactId)).size).toBe(1);
    });

    it('the same body as another media type → keeps both types', async () => {
      const store = createArtifactStore(open());
      const tenant = newTenant();
      const text = await store.put(tenant, { mediaType: 'text/plain', body });
      const image = await store.put(tenant, { mediaType: 'image/png', body });
      expect((await store.get(tenant, text.artifactId)).ref.mediaType).toBe('text/plain');
      expect((await store.get(tenant, image.artifactId)).ref.mediaType).toBe('image/png');
    });

    it('an empty body → an artifact of 0 bytes', async () => {
      const store = createArtifactStore(open());
      const tenant = newTenant();
      const ref = await store.put(tenant, { mediaType: 'text/plain', body: new Uint8Array() });
      expect((await store.get(tenant, ref.artifactId)).body.byteLength).toBe(0);
    });

    it('a body above 64 MiB → PayloadTooLarge naming both sizes', async () => {
      const large = new Uint8Array(64 * 1024 * 1024 + 1);
      await expect(
        createArtifactStore(open()).put(newTenant(), { mediaType: 'x/y', body: large }),
      ).rejects.toMatchObject({
        type: 'PayloadTooLarge',
        message: expect.stringContaining('67108865 bytes') as string,
      });
    });

    it('the first 16 characters of an id → the artifact; fewer, or another tenant → NotFound', async () => {
      const store = createArtifactStore(open());
      const tenant = newTenant();
      const ref = await store.put(tenant, { mediaType: 'text/plain', body });
      const short = ref.artifactId.slice(0, 16);
      expect((await store.get(tenant, short)).ref).toEqual(ref);
      const missing = { type: 'NotFound' };
      await expect(store.get(tenant, short.slice(0, 15))).rejects.toMatchObject(missing);
      await expect(store.get(newTenant(), short)).rejects.toMatchObject(missing);
      await expect(store.get(tenant, `${short}%`)).rejects.toMatchObject(missing);
    });

    it('two ids that begin alike → BadInput: more of it is needed', async () => {
      const { db } = open();
      const tenantId = newTenant();
      const row = { tenantId, mediaType: 'x/y', bytes: 1, sha256: '0', body, createdAtMs: 0 };
      const ids = ['0'.repeat(64), `${'0'.repeat(63)}1`];
      await db.insert(artifacts).values(ids.map((artifactId) => ({ ...row, artifactId })));
      const store = createArtifactStore({ db });
      await expect(store.get(tenantId, '0'.repeat(20))).rejects.toMatchObject({ type: 'BadInput' });
      expect((await store.get(tenantId, ids[1] ?? '')).ref.artifactId).toBe(ids[1]);
    });

    it("another tenant's artifact → NotFound, as for one that never was", async () => {
      const store = createArtifactStore(open());
      const ref = await store.put(newTenant(), { mediaType: 'text/plain', body });
      await expect(store.get(newTenant(), ref.artifactId)).rejects.toMatchObject({
        type: 'NotFound',
      });
      await expect(store.get(newTenant(), 'no-such-id')).rejects.toMatchObject({
        type: 'NotFound',
      });
    });
  });
}
