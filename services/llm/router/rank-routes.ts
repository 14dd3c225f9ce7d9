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
  /** Whether the call is made for a batch. @default false */
  readonly isBatch?: boolean;
  /** For `cascade`: so many of the cheapest have answered badly already. @default 0 */
  readonly escalate?: number;
}

/** What was measured of a route; `null` until there was a call. */
export interface RouteMeasures {
  /** Time to the first token where it streams, else to the answer, ms (EWMA). */
  readonly latencyMs: number | null;
  /** Effective price of a call of the usual size, US dollars; `null`: not known. */
  readonly callUsd: number | null;
  /** What it said it holds when it refused a prompt, tokens. @default it refused none */
  readonly windowTokens?: number | null;
}

/** Needs are estimated from above: a text has at least this share of the tokens. */
const SURE_SHARE = 0.75;

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
  const able: Route[] = [];
  for (const route of routes) {
    const tooSmall = smallWindow(route, needs, options.measures);
    const why = unfit(route, needs, tooSmall);
    if (why === null) able.push(route);
    else excluded.push({ route, why, ...(tooSmall === null ? {} : { isTooSmall: true }) });
  }
  const fit = affordable(able, needs.budgetUsd, options.measures, excluded);
  if (options.preset === 'configured') {
    // What is cheaper for batches goes first in one: else it would serve only when the others fail.
    const order = [...fit].sort((a, b) => Number(b.batchOnly) - Number(a.batchOnly));
    const ranked = order.map((route) => ({ route, score: null, why: configuredWhy(route) }));
    return { ranked, excluded };
  }
  if (options.preset === 'cascade') return cascade(fit, needs.escalate ?? 0, options, excluded);
  return { ranked: scored(fit, options.preset, options), excluded };
}

function configuredWhy({ batchOnly }: Route): string {
  return batchOnly ? 'priced for batches, and this is one' : 'in the order configured';
}

/** Cheapest first; of those whose answers were wrong so far, as many as leave one to ask are left out. */
function cascade(
  fit: readonly Route[],
  escalate: number,
  { measures, quality = {} }: RankOptions,
  excluded: Ranking['excluded'],
): Ranking {
  const qualityOf = (route: Route) =>
    quality[route.id] ?? quality[route.model] ?? route.facts.quality;
  const ladder = fit
    .map((route) => ({ route, usd: measures(route).callUsd, good: qualityOf(route) }))
    .sort((a, b) => (a.usd ?? Infinity) - (b.usd ?? Infinity) || a.good - b.good);
  const passed = Math.min(escalate, Math.max(0, ladder.length - 1));
  const ranked = ladder.slice(passed).map(({ route, usd, good }) => {
    const cost = usd === null ? 'price not known' : `about $${usd.toPrecision(2)} a call`;
    return { route, score: null, why: `cascade: ${cost}, quality ${good}` };
  });
  const left = ladder.slice(0, passed).map(({ route }) => {
    return { route, why: 'cascade: an answer at this price was wrong before' };
  });
  return { ranked, excluded: [...excluded, ...left] };
}

function unfit(route: Route, needs: RouteNeeds, tooSmall: number | null): string | null {
  const { can } = route.facts;
  if (can !== null && isEmbedder(can) && !needs.can.includes('embeddings')) {
    return 'makes embeddings only';
  }
  const lacks = can === null ? [] : needs.can.filter((need) => !can.includes(need));
  if (lacks.length > 0) return `cannot do ${lacks.join(', ')}`;
  if (tooSmall !== null) {
    return `takes ${tooSmall} tokens, the request needs about ${needs.contextTokens}`;
  }
  if (route.batchOnly && needs.isBatch !== true) {
    return 'is priced for batches, and this call belongs to none';
  }
  if (needs.allow !== null && !needs.allow.some((pattern) => matchesRoute(route, pattern))) {
    return 'is not allowed for this tenant';
  }
  return null;
}

/**
 * What it holds, where that is too little; else `null`. What it once said itself rules it out only
 * where the request is surely longer, since it was asked so far.
 */
function smallWindow(
  route: Route,
  { contextTokens }: RouteNeeds,
  measures: RankOptions['measures'],
): number | null {
  const thought = route.facts.contextTokens;
  if (thought !== null && contextTokens > thought) return thought;
  const { windowTokens = null } = measures(route);
  return windowTokens !== null && contextTokens * SURE_SHARE > windowTokens ? windowTokens : null;
}

function isEmbedder(can: readonly Capability[]): boolean {
  return can.length === 1 && can[0] === 'embeddings';
}

/**
 * Those that what is left can pay. Where it pays none, the cheapest alone: a run's own budget decides
 * whether it makes one last call, and a router that refuses would only hide that it has run out.
 */
function affordable(
  able: readonly Route[],
  budgetUsd: number | null,
  measures: RankOptions['measures'],
  excluded: Excluded[],
): readonly Route[] {
  if (budgetUsd === null) return able;
  const usdOf = (route: Route): number => measures(route).callUsd ?? 0;
  const cheapest = Math.min(...able.map(usdOf));
  const most = Math.max(budgetUsd, cheapest);
  const dear = able.filter((route) => usdOf(route) > most);
  for (const route of dear) {
    const why = `costs about $${usdOf(route)} a call, $${budgetUsd} is left`;
    excluded.push({ route, why });
  }
  return able.filter((route) => !dear.includes(route));
}

/** `openai/gpt-5`, `gpt-5`, `openai/*` or `gpt-*`. */
export function matchesRoute(route: Route, pattern: string): boolean {
  if (!pattern.endsWith('*')) return route.id === pattern || route.model === pattern;
  const prefix = pattern.slice(0, -1);
  return route.id.startsWith(prefix) || route.model.startsWith(prefix);
}

function scored(
  fit: readonly Route[],
  preset: keyof typeof WEIGHTS,
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
