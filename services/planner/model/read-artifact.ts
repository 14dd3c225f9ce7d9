import { z } from 'zod';
import type { JsonObject } from '../../../common/json.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { ArtifactView } from '../../../common/view-artifact.ts';
import { viewArtifact } from '../../../common/view-artifact.ts';
import type { ArtifactStore } from '../../artifacts/artifact-store.ts';
import { fittingStart } from '../../context/count-tokens.ts';
import { dataBlock } from '../../context/data-block.ts';
import { isServiceError } from '../../errors.ts';

export interface ArtifactReply {
  readonly told: string;
  readonly isError: boolean;
}

const query = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16,64}$/, 'is no artifact id: give it as the result names it'),
  path: z.string().max(1_000).exactOptional(),
  find: z.string().min(1).max(500).exactOptional(),
  offset: z.int().min(0).exactOptional(),
  limit: z.int().min(1).exactOptional(),
});

const MAX_PIECE_TOKENS = 4_000;

/** The most that one reading shows, of what a turn's results may take. */
export function pieceTokens(resultsTokens: number): number {
  return Math.min(MAX_PIECE_TOKENS, Math.floor(resultsTokens / 2));
}

/** Answers a model that reads on in a result; what is wrong with the question is an answer too. */
export async function readArtifact(
  artifacts: Pick<ArtifactStore, 'get'>,
  tenantId: TenantId,
  args: JsonObject,
  maxTokens: number,
): Promise<ArtifactReply> {
  const asked = query.safeParse(args);
  if (!asked.success) {
    const problems = asked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return { told: `read_artifact: ${problems.join('; ')}.`, isError: true };
  }
  const { id, ...part } = asked.data;
  try {
    const { body } = await artifacts.get(tenantId, id);
    return told(
      id,
      viewArtifact(body, part, (text) => fittingStart(text, maxTokens)),
    );
  } catch (error) {
    if (!isServiceError(error) || error.retry.allowed) throw error;
    return { told: error.message, isError: true };
  }
}

function told(id: string, view: ArtifactView): ArtifactReply {
  switch (view.kind) {
    case 'problem':
      return { told: `Artifact ${id}: ${view.problem}`, isError: true };
    case 'matches': {
      if (view.matches.length === 0) {
        return { told: `Artifact ${id} does not have it anywhere.`, isError: false };
      }
      const places = view.matches.map(({ offset, text }) => `at ${offset}: …${text}…`);
      const head = `Artifact ${id}, ${view.totalChars} characters, has it here:`;
      return { told: `${head}\n${dataBlock('artifact', places.join('\n'))}`, isError: false };
    }
    case 'piece': {
      const { offset, text, totalChars, nextOffset } = view;
      const end = offset + text.length;
      const next = nextOffset === null ? 'its end' : `more from offset ${nextOffset}`;
      const head = `Artifact ${id}, characters ${offset} to ${end} of ${totalChars} (${next}):`;
      return { told: `${head}\n${dataBlock('artifact', text)}`, isError: false };
    }
  }
}
