import { createHash } from 'node:crypto';
import { and, eq, gte, lt } from 'drizzle-orm';
import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ArtifactRef } from '../../common/tool.ts';
import type { Database } from '../database/database.ts';
import { artifacts } from '../database/schema.ts';
import { withDatabaseErrors } from '../database/with-database-errors.ts';
import { ServiceError } from '../errors.ts';
import { SHORT_ID_CHARS } from './short-artifact-id.ts';

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
  /**
   * @param artifactId the whole id, or at least its first 16 characters
   * @throws ServiceError (NotFound), also for another tenant's artifact; (BadInput) where several
   *   begin like that.
   */
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
      const [row, other] = await db
        .select()
        .from(artifacts)
        .where(and(eq(artifacts.tenantId, tenantId), begins(artifactId)))
        .limit(2);
      if (row === undefined) throw noSuchArtifact(artifactId);
      if (other !== undefined) throw severalArtifacts(artifactId);
      const { mediaType, bytes, sha256, body } = row;
      const ref = { artifactId: row.artifactId, mediaType, bytes, sha256 };
      return { ref, body: new Uint8Array(body) };
    },
  });
}

/** Ids are 64 hexadecimal digits, whose order is the same in every collation. */
function begins(artifactId: string) {
  if (artifactId.length < SHORT_ID_CHARS || !/^[0-9a-f]{1,63}$/.test(artifactId)) {
    return eq(artifacts.artifactId, artifactId);
  }
  return and(gte(artifacts.artifactId, artifactId), lt(artifacts.artifactId, `${artifactId}g`));
}

function noSuchArtifact(artifactId: string): ServiceError {
  return new ServiceError(
    FAILURE.notFound,
    `There is no artifact "${artifactId}". It may belong to another tenant, or to another installation's database.`,
  );
}

function severalArtifacts(artifactId: string): ServiceError {
  return new ServiceError(
    FAILURE.badInput,
    `Several artifacts begin with "${artifactId}". Give more of the id.`,
  );
}
