import { createHash } from 'node:crypto';
import type { ArtifactRef } from '../../../../common/tool.ts';
import { ServiceError } from '../../../../services/errors.ts';

/** The ArtifactStore contract in memory. */
export function memoryArtifacts() {
  const held = new Map<string, { readonly ref: ArtifactRef; readonly body: Uint8Array }>();
  return {
    put: async (
      tenant: string,
      { mediaType, body }: { readonly mediaType: string; readonly body: Uint8Array },
    ): Promise<ArtifactRef> => {
      const sha256 = createHash('sha256').update(body).digest('hex');
      const artifactId = createHash('sha256').update(`${mediaType}\n${sha256}`).digest('hex');
      const ref = { artifactId, mediaType, bytes: body.byteLength, sha256 };
      held.set(`${tenant} ${artifactId}`, { ref, body });
      return ref;
    },
    get: async (tenant: string, id: string) => {
      const found = [...held].find(([key]) => key.startsWith(`${tenant} ${id}`));
      if (found === undefined) throw new ServiceError('NotFound', `There is no artifact "${id}".`);
      return found[1];
    },
  };
}
