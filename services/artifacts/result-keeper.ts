import { resultText } from '../../common/result-value.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ToolResult } from '../../common/tool.ts';
import type { ArtifactStore } from './artifact-store.ts';

/** Puts a result that a history held where it can be referred to. */
export interface ResultKeeper {
  /** @returns the same result by reference, with a preview; one that is a reference as it is. */
  keep(tenantId: TenantId, result: ToolResult): Promise<ToolResult>;
}

const PREVIEW_CHARS = 1_000;

export function createResultKeeper(artifacts: Pick<ArtifactStore, 'put'>): ResultKeeper {
  return {
    async keep(tenantId, result) {
      if (result.artifact !== null) return result;
      const { isError, content, structured } = result;
      const body = Buffer.from(JSON.stringify({ content, structured }));
      const artifact = await artifacts.put(tenantId, { mediaType: 'application/json', body });
      const text = resultText(result) || JSON.stringify(structured ?? '');
      const preview =
        text.length <= PREVIEW_CHARS
          ? text
          : `${text.slice(0, PREVIEW_CHARS)}… [the first characters of ${body.length} bytes; the rest is in the artifact]`;
      return { isError, content: [{ kind: 'text', text: preview }], structured: null, artifact };
    },
  };
}
