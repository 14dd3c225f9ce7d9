import { createHash } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ArtifactRef } from '../../common/tool.ts';
import type { Database } from '../database/database.ts';
import { artifacts } from '../database/schema.ts';
import { withDatabaseErrors } from '../database/with-database-errors.ts';
import { ServiceError } from '../errors.ts';

/** Bodies too large for a history. They never change, so a reference always gets the same bytes. */
export interface ArtifactStore {
  /**
   * The same body of the same media type has the same id in a tenant, so a repeated put is free.
   *
   * @throws ServiceError (PayloadTooLarge) above 64 MiB.
   */
  put(
    tenantId: TenantId,
    artifact: { readonly mediaType: string; readonly body: Uint8Array },
  ): Promise<ArtifactRef>;
  /** @throws ServiceError (NotFound), also for another tenant's artifact. */
  get(
    tenantId: TenantId,
    artifactId: string,
  ): Promise<{ readonly ref: ArtifactRef; readonly body: Uint8Array }>;
}

const MAX_BYTES = 64 * 1024 * 1024;

export function createArtifactStore({ db }: Pick<Database, 'db'>): ArtifactStore {
  return withDatabaseErrors({
    async put(tenantId, { mediaType, body }) {
      if (body.byteLength > MAX_BYTES) {
        throw new ServiceError(
          FAILURE.payloadTooLarge,
          `An artifact of ${body.byteLength} bytes (${mediaType}) is above the limit of ${MAX_BYTES}. Ask the tool for less, or for a link.`,
        );
      }
      const sha256 = createHash('sha256').update(body).digest('hex');
      const artifactId = createHash('sha256').update(`${mediaType}\n${sha256}`).digest('hex');
      const ref = { artifactId, mediaType, bytes: body.byteLength, sha256 };
      await db
        .insert(artifacts)
        .values({ ...ref, tenantId, body, createdAtMs: Date.now() })
        .onConflictDoNothing();
      return ref;
    },

    async get(tenantId, artifactId) {
      const [row] = await db
        .select()
        .from(artifacts)
        .where(and(eq(artifacts.tenantId, tenantId), eq(artifacts.artifactId, artifactId)));
      if (row === undefined) {
        throw new ServiceError(
          FAILURE.notFound,
          `There is no artifact "${artifactId}". It may belong to another tenant, or to another installation's database.`,
        );
      }
      const { mediaType, bytes, sha256, body } = row;
      return { ref: { artifactId, mediaType, bytes, sha256 }, body: new Uint8Array(body) };
    },
  });
}
