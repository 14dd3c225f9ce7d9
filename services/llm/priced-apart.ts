import type { LlmUsage } from '../../common/llm.ts';

/** The field of `LlmUsage` for counts with prices of their own; without any it is left out. */
export function pricedApart(
  counts: Readonly<Record<string, number | null | undefined>>,
): Pick<LlmUsage, 'pricedApart'> {
  const some = Object.entries(counts).flatMap(([name, count]) => (count ? [[name, count]] : []));
  return some.length === 0
    ? {}
    : { pricedApart: Object.fromEntries(some) as Record<string, number> };
}
