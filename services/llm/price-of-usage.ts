import { calcPrice } from '@pydantic/genai-prices';
import type { LlmUsage } from '../../common/llm.ts';

/** US dollars for a million tokens. */
export interface TokenPrices {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
  /** @default `inputPerMillion` */
  readonly cacheReadPerMillion?: number | undefined;
  /** @default `inputPerMillion` */
  readonly cacheWritePerMillion?: number | undefined;
}

/** Where a model's price comes from: the public list under a vendor's name, the operator, or nowhere. */
export type PriceSource =
  /** `share`: of the list's price, for a cheaper tier of service. @default 1 */
  | { readonly kind: 'list'; readonly vendor: string; readonly share?: number }
  | { readonly kind: 'own'; readonly prices: TokenPrices }
  /** Runs on the operator's own machine. */
  | { readonly kind: 'free' }
  | { readonly kind: 'unknown' };

/** A count that the price list knows; a field that is missing is no count. */
type TokenCounts = Omit<LlmUsage, 'costUsd'>;

/**
 * What a call cost, US dollars; `null` where the price or the number of tokens is unknown, which is
 * not zero. Cached tokens that the provider did not count are taken as none: then they are among the
 * uncached ones. List prices are of `@pydantic/genai-prices`, tiers and dates included.
 *
 * @param atMs when the call was made: prices have a history.
 */
export function priceOfUsage(
  usage: TokenCounts,
  model: string,
  source: PriceSource,
  atMs: number,
): number | null {
  const { inputTokens, outputTokens } = usage;
  if (source.kind === 'unknown') return null;
  if (source.kind === 'free') return 0;
  if (inputTokens === null || outputTokens === null) return null;
  const cacheRead = usage.cacheReadTokens ?? 0;
  const cacheWrite = usage.cacheWriteTokens ?? 0;
  if (source.kind === 'own') {
    const { prices } = source;
    const perMillion =
      inputTokens * prices.inputPerMillion +
      cacheRead * (prices.cacheReadPerMillion ?? prices.inputPerMillion) +
      cacheWrite * (prices.cacheWritePerMillion ?? prices.inputPerMillion) +
      outputTokens * prices.outputPerMillion;
    return perMillion / 1_000_000;
  }
  const price = calcPrice(
    {
      // The list counts the cached tokens among the input.
      input_tokens: inputTokens + cacheRead + cacheWrite,
      output_tokens: outputTokens,
      ...(cacheRead === 0 ? {} : { cache_read_tokens: cacheRead }),
      ...(cacheWrite === 0 ? {} : { cache_write_tokens: cacheWrite }),
      ...usage.pricedApart,
    },
    model,
    { providerId: source.vendor, timestamp: new Date(atMs) },
  );
  if (price === null) return null;
  return source.share === undefined ? price.total_price : price.total_price * source.share;
}
