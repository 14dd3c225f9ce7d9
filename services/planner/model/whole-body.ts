import { resultBody } from '../../../common/result-value.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { ToolContent, ToolResult } from '../../../common/tool.ts';
import { viewArtifact } from '../../../common/view-artifact.ts';
import type { ArtifactStore } from '../../artifacts/artifact-store.ts';

export interface WholeBody {
  readonly text: string;
  /** `false`: the text is only the preview of a body that is too large to be looked at. */
  readonly isWhole: boolean;
}

/** A larger one is not loaded to show a part of it. */
const MAX_BYTES = 4 * 1024 * 1024;

/** What a step's answer says, loaded from its artifact where it lies in one. */
export async function wholeBody(
  artifacts: Pick<ArtifactStore, 'get'>,
  tenantId: TenantId,
  result: ToolResult | null,
): Promise<WholeBody> {
  if (result === null) return { text: '', isWhole: true };
  const others = result.content.flatMap(binaryLine);
  const { artifact } = result;
  if (artifact === null) return { text: joined(resultBody(result), others), isWhole: true };
  if (artifact.bytes > MAX_BYTES) {
    return { text: joined(resultBody(result), others), isWhole: false };
  }
  const { body } = await artifacts.get(tenantId, artifact.artifactId);
  const view = viewArtifact(body, {}, (whole) => whole.length);
  const text = view.kind === 'piece' ? view.text : resultBody(result);
  return { text: joined(text, others), isWhole: view.kind === 'piece' };
}

function binaryLine(block: ToolContent): readonly string[] {
  return block.kind === 'image' || block.kind === 'audio'
    ? [`(${block.kind}, ${block.mediaType})`]
    : [];
}

function joined(body: string, others: readonly string[]): string {
  return [body, ...others].filter((part) => part !== '').join('\n');
}
