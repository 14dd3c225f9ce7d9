import type { FailureType } from '../../common/failures.ts';
import { FAILURE } from '../../common/failures.ts';
import type { LlmUsage } from '../../common/llm.ts';
import type { ServiceError } from '../errors.ts';
import { priceOfUsage } from './price-of-usage.ts';
import type { RouteMeasures } from './router/rank-routes.ts';
import type { Route } from './router/route.ts';
import { windowSaid } from './window-said.ts';

/** What this process has seen of a route: passive, from the calls themselves. */
export interface RouteHealth {
  readonly calls: number;
  readonly failed: number;
  /** Share of the newest calls that came through, 0 to 1 (EWMA); `null` without calls. */
  readonly success: number | null;
  /** Time to the first token where it streamed, else to the answer, ms (EWMA). */
  readonly latencyMs: number | null;
  /** Tokens written a second (EWMA). */
  readonly tokensPerS: number | null;
  /** What a call of the usual size costs, US dollars, by list price, token mix and cache hits. */
  readonly callUsd: number | null;
  readonly cacheHitShare: number | null;
  readonly lastProblem: {
    readonly type: FailureType;
    readonly message: string;
    readonly atMs: number;
  } | null;
}

export interface CallSeen {
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  readonly usage: LlmUsage;
}

export interface RouteHealths {
  ok(route: Route, seen: CallSeen): void;
  failed(route: Route, failure: ServiceError, atMs: number): void;
  of(route: Route, nowMs: number): RouteHealth;
  measures(route: Route, nowMs: number): RouteMeasures;
  /** Share of the newest calls that came through, 0 to 1 (EWMA); `null` without calls. */
  success(route: Route): number | null;
}

/** Weight of the newest call: about the last ten calls count. */
const ALPHA = 0.2;
/** A call of the size that agents make, until one was seen. */
const USUAL = { inputTokens: 4_000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 400 };

interface Seen {
  calls: number;
  failed: number;
  success: number | null;
  latencyMs: number | null;
  tokensPerS: number | null;
  inputTokens: number | null;
  cacheReadTokens: number | null;
  cacheWriteTokens: number | null;
  outputTokens: number | null;
  /** Of its last refusal that named one. */
  windowTokens: number | null;
  lastProblem: RouteHealth['lastProblem'];
}

const NEW: Seen = {
  calls: 0,
  failed: 0,
  success: null,
  latencyMs: null,
  tokensPerS: null,
  inputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  outputTokens: null,
  windowTokens: null,
  lastProblem: null,
};

export function createRouteHealths(): RouteHealths {
  const all = new Map<string, Seen>();
  const seenOf = ({ id }: Route): Seen => {
    const found = all.get(id) ?? { ...NEW };
    all.set(id, found);
    return found;
  };
  return {
    ok(route, { firstTokenMs, durationMs, usage }) {
      const seen = seenOf(route);
      seen.calls += 1;
      seen.success = ewma(seen.success, 1);
      seen.latencyMs = ewma(seen.latencyMs, firstTokenMs ?? durationMs);
      const writingMs = durationMs - (firstTokenMs ?? 0);
      if (usage.outputTokens !== null && writingMs > 0) {
        seen.tokensPerS = ewma(seen.tokensPerS, (usage.outputTokens * 1000) / writingMs);
      }
      for (const kind of [
        'inputTokens',
        'cacheReadTokens',
        'cacheWriteTokens',
        'outputTokens',
      ] as const) {
        const count = usage[kind];
        if (count !== null) seen[kind] = ewma(seen[kind], count);
      }
    },
    failed(route, { type, message }, atMs) {
      const seen = seenOf(route);
      seen.calls += 1;
      seen.failed += 1;
      seen.success = ewma(seen.success, 0);
      seen.lastProblem = { type, message, atMs };
      if (type !== FAILURE.llmContextTooLong) return;
      seen.windowTokens = windowSaid(message) ?? seen.windowTokens;
    },
    of(route, nowMs) {
      const { calls, failed, success, latencyMs, tokensPerS, lastProblem, ...tokens } =
        seenOf(route);
      const callUsd = callPrice(route, tokens, nowMs);
      const cacheHitShare = hitShare(tokens);
      return { calls, failed, success, latencyMs, tokensPerS, callUsd, cacheHitShare, lastProblem };
    },
    success: (route) => seenOf(route).success,
    measures(route, nowMs) {
      const seen = seenOf(route);
      const { latencyMs, windowTokens } = seen;
      return { latencyMs, callUsd: callPrice(route, seen, nowMs), windowTokens };
    },
  };
}

type Mix = Pick<Seen, 'inputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'outputTokens'>;

/** List price times the measured mix: what is compared is what a call costs, not what a token does. */
function callPrice(route: Route, mix: Mix, nowMs: number): number | null {
  const usage = {
    inputTokens: Math.round(mix.inputTokens ?? USUAL.inputTokens),
    cacheReadTokens: Math.round(mix.cacheReadTokens ?? USUAL.cacheReadTokens),
    cacheWriteTokens: Math.round(mix.cacheWriteTokens ?? USUAL.cacheWriteTokens),
    outputTokens: Math.round(mix.outputTokens ?? USUAL.outputTokens),
    reasoningTokens: null,
  };
  return priceOfUsage(usage, route.model, route.price, nowMs);
}

function hitShare({ inputTokens, cacheReadTokens, cacheWriteTokens }: Mix): number | null {
  if (cacheReadTokens === null) return null;
  const all = (inputTokens ?? 0) + cacheReadTokens + (cacheWriteTokens ?? 0);
  return all === 0 ? null : cacheReadTokens / all;
}

function ewma(before: number | null, value: number): number {
  return before === null ? value : before + ALPHA * (value - before);
}
