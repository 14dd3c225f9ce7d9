import type { Capability } from './model-facts.ts';
import type { Preset } from './preset.ts';
import { WEIGHTS } from './preset.ts';
import type { Route } from './route.ts';

/** What a request cannot do without. */
export interface RouteNeeds {
  readonly can: readonly Capability[];
  /** Tokens of prompt and answer, estimated. */
  readonly contextTokens: number;
  /** What may still be spent, US dollars; `null`: no limit. */
  readonly budgetUsd: number | null;
  /** Routes that may serve, by id or model name, `*` at the end for any; `null`: all. */
  readonly allow: readonly string[] | null;
}

/** What was measured of a route; `null` until there was a call. */
export interface RouteMeasures {
  /** Time to the first token where it streams, else to the answer, ms (EWMA). */
  readonly latencyMs: number | null;
  /** Effective price of a call of the usual size, US dollars; `null`: not known. */
  readonly callUsd: number | null;
}

export interface RankOptions {
  readonly preset: Preset;
  readonly measures: (route: Route) => RouteMeasures;
  /** Replaces the table's quality for this role, by route id or model name. */
  readonly quality?: Readonly<Record<string, number>>;
}

/** One route's place in the order, or why it has none. */
export interface RankedRoute {
  readonly route: Route;
  /** 0 to 1; `null` where the order is the operator's. */
  readonly score: number | null;
  /** In words, for the record of the run. */
  readonly why: string;
}

export interface Ranking {
  readonly ranked: readonly RankedRoute[];
  readonly excluded: readonly Excluded[];
}

/** A route that could not have served the call. */
export interface Excluded {
  readonly route: Route;
  readonly why: string;
  /** Set where it holds fewer tokens than the request has. */
  readonly isTooSmall?: true;
}

/**
 * Hard limits first (what the request needs, who may serve it, what may be spent), then a weighted
 * score of price, speed and quality. Pure: the same facts give the same order; equal scores keep the
 * operator's.
 */
export function rankRoutes(
  routes: readonly Route[],
  needs: RouteNeeds,
  options: RankOptions,
): Ranking {
  const excluded: Excluded[] = [];
  const fit: Route[] = [];
  for (const route of routes) {
    const why = unfit(route, needs, options.measures(route));
    if (why === null) fit.push(route);
    else excluded.push({ route, why, ...(isTooSmall(route, needs) ? { isTooSmall: true } : {}) });
  }
  if (options.preset === 'configured') {
    const ranked = fit.map((route) => ({ route, score: null, why: 'in the order configured' }));
    return { ranked, excluded };
  }
  return { ranked: scored(fit, options.preset, options), excluded };
}

function unfit(route: Route, needs: RouteNeeds, measures: RouteMeasures): string | null {
  const { can, contextTokens } = route.facts;
  if (can !== null && isEmbedder(can) && !needs.can.includes('embeddings')) {
    return 'makes embeddings only';
  }
  const lacks = can === null ? [] : needs.can.filter((need) => !can.includes(need));
  if (lacks.length > 0) return `cannot do ${lacks.join(', ')}`;
  if (isTooSmall(route, needs)) {
    return `takes ${contextTokens} tokens, the request needs about ${needs.contextTokens}`;
  }
  if (needs.allow !== null && !needs.allow.some((pattern) => matchesRoute(route, pattern))) {
    return 'is not allowed for this tenant';
  }
  if (needs.budgetUsd !== null && (measures.callUsd ?? 0) > needs.budgetUsd) {
    return `costs about $${measures.callUsd} a call, $${needs.budgetUsd} is left`;
  }
  return null;
}

function isTooSmall({ facts }: Route, needs: RouteNeeds): boolean {
  return facts.contextTokens !== null && needs.contextTokens > facts.contextTokens;
}

function isEmbedder(can: readonly Capability[]): boolean {
  return can.length === 1 && can[0] === 'embeddings';
}

/** `openai/gpt-5`, `gpt-5`, `openai/*` or `gpt-*`. */
export function matchesRoute(route: Route, pattern: string): boolean {
  if (!pattern.endsWith('*')) return route.id === pattern || route.model === pattern;
  const prefix = pattern.slice(0, -1);
  return route.id.startsWith(prefix) || route.model.startsWith(prefix);
}

function scored(
  fit: readonly Route[],
  preset: Exclude<Preset, 'configured'>,
  { measures, quality = {} }: RankOptions,
): readonly RankedRoute[] {
  const weights = WEIGHTS[preset];
  const facts = fit.map((route) => ({
    route,
    ...measures(route),
    quality: quality[route.id] ?? quality[route.model] ?? route.facts.quality,
  }));
  const least = (values: readonly (number | null)[]): number =>
    Math.min(...values.filter((value) => value !== null));
  const cheapest = least(facts.map(({ callUsd }) => callUsd));
  // A route that nobody has tried counts as fast as the fastest: it gets the chance to be measured.
  const fastest = least(facts.map(({ latencyMs }) => latencyMs));
  return facts
    .map(({ route, callUsd, latencyMs, quality: good }) => {
      const price = callUsd === null ? 0 : share(cheapest, callUsd);
      const speed = latencyMs === null ? 1 : share(fastest, latencyMs);
      const score = weights.price * price + weights.speed * speed + weights.quality * good;
      const cost = callUsd === null ? 'price not known' : `about $${callUsd.toPrecision(2)} a call`;
      const pace = latencyMs === null ? 'not yet timed' : `${Math.round(latencyMs)} ms`;
      return { route, score, why: `${preset}: ${cost}, ${pace}, quality ${good}` };
    })
    .sort((a, b) => b.score - a.score);
}

/** 1 for the best, towards 0 for those many times worse. */
function share(best: number, value: number): number {
  return value <= 0 ? 1 : best / value;
}
