import type { LlmUsage } from '../../../common/llm.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { ToolId } from '../../../common/tool.ts';
import type { SearchableTool } from './searchable-tool.ts';

/** A second look at the best hits of a search, by something slower that reads them. */
export interface Reranker {
  /**
   * Those that do what is asked, best first; none: nothing fits. May leave out and never adds.
   *
   * @param onUsage told what a model used for it, if one was asked.
   * @throws anything; the search then stays as it was.
   */
  rerank(
    tenantId: TenantId,
    request: string,
    candidates: readonly SearchableTool[],
    onUsage?: (usage: LlmUsage) => void,
  ): Promise<readonly ToolId[]>;
}
