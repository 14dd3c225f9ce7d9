import type { TenantId } from '../../../common/tenant.ts';
import type { SearchAnswer, SearchHit, SearchOptions } from '../tool-index.ts';
import type { Reranker } from './reranker.ts';
import type { SearchableTool } from './searchable-tool.ts';

/** Hits that a reranker reads. */
export const RERANKED = 20;

export interface RerankAsked extends Pick<SearchOptions, 'k' | 'onUsage'> {
  readonly tenantId: TenantId;
  readonly request: string;
}

/**
 * The answer in the reranker's order: first what it chose, then the rest as it stood, `k` in all.
 * Where it chose nothing, nothing fits.
 *
 * @throws what the reranker throws
 */
export async function rerankAnswer(
  reranker: Reranker,
  { tenantId, request, k, onUsage }: RerankAsked,
  answer: SearchAnswer,
  toolOf: (hit: SearchHit) => SearchableTool | null,
): Promise<SearchAnswer> {
  const read = answer.hits.slice(0, RERANKED);
  const candidates = read.flatMap((hit) => toolOf(hit) ?? []);
  if (candidates.length === 0) return answer;
  const chosen = [...new Set(await reranker.rerank(tenantId, request, candidates, onUsage))];
  const byId = new Map(read.map((hit) => [hit.id, hit]));
  const first = chosen.flatMap((id) => byId.get(id) ?? []);
  const taken = new Set(first.map(({ id }) => id));
  const rest = answer.hits.filter(({ id }) => !taken.has(id));
  const hits = [...first, ...rest].slice(0, k).map((hit, at) => {
    const place = chosen.indexOf(hit.id);
    return { ...hit, arms: { ...hit.arms, reranked: place < 0 ? null : { rank: at + 1 } } };
  });
  return { ...answer, hits, fits: first.length > 0 };
}
