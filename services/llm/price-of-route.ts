import type { LlmUsage } from '../../common/llm.ts';
import { priceOfUsage } from './price-of-usage.ts';
import { priceSource } from './router/price-source.ts';
import type { Route } from './router/route.ts';

/**
 * What a call of a route cost, US dollars; `null`: not known. A cheaper tier of service that had no
 * room, so that the usual one served, costs what that one does.
 */
export function priceOfRoute(
  { model, dialect, baseUrl, price, serviceTier }: Route,
  usage: Omit<LlmUsage, 'costUsd'>,
  atMs: number,
): number | null {
  const isOther = serviceTier !== null && usage.tier !== undefined && usage.tier !== serviceTier;
  return priceOfUsage(usage, model, isOther ? priceSource(dialect, baseUrl) : price, atMs);
}
