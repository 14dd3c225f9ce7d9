import { z } from 'zod';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { tenantOf } from '../tenant-of.ts';

const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i;

export function registerArtifacts(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/artifacts/:id',
    {
      schema: {
        tags: ['artifacts'],
        summary: 'A body that was too large, or too binary, for a result',
        params: z.strictObject({
          id: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'is no artifact id'),
        }),
        response: { 200: z.any().meta({ description: 'The bytes.' }), ...errorAnswers(404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { ref, body } = await deps.artifacts.get(tenantOf(request).tenantId, id);
      // A tool chose the type and the bytes: they are a download, never a page of this origin.
      const type = MEDIA_TYPE.test(ref.mediaType) ? ref.mediaType : 'application/octet-stream';
      return reply
        .header('content-type', type)
        .header('content-disposition', `attachment; filename="${id}"`)
        .header('content-security-policy', "default-src 'none'; sandbox")
        .send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
    },
  );
}
