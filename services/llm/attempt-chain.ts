import type { Logger } from 'pino';
import type { FailureType } from '../../common/failures.ts';
import { FAILURE } from '../../common/failures.ts';
import type { LlmAttempt, LlmRouting } from '../../common/llm-routing.ts';
import type { LlmRole, LlmUsage } from '../../common/llm.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Breakers } from '../breaker/breakers.ts';
import type { ServiceError } from '../errors.ts';
import { isServiceError } from '../errors.ts';
import { afterFailure } from './after-failure.ts';
import { usedBy } from './bad-tool-args.ts';
import { RejectedAnswer } from './cascade.ts';
import type { ChainWait } from './chain-error.ts';
import { chainError } from './chain-error.ts';
import type { Credential, Credentials } from './credentials.ts';
import type { RateLimiter } from './limits/rate-limiter.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RouteHealths } from './route-health.ts';
import type { RouteGuard } from './guard-route.ts';
import { guardRoute } from './guard-route.ts';
import { describeDetour } from './router/describe-detour.ts';
import type { Capability } from './router/model-facts.ts';
import type { Excluded, Ranking } from './router/rank-routes.ts';
import type { Route } from './router/route.ts';

export interface ChainDeps {
  readonly credentials: Credentials;
  readonly limiter: RateLimiter;
  /** `null`: nothing guards the routes. */
  readonly breakers: Pick<Breakers, 'admit'> | null;
  readonly healths: RouteHealths;
  readonly budget: RetryBudget;
  readonly log: Logger;
  readonly nowMs: () => number;
  /** How each attempt ended that was sent, for the record. @default nobody */
  readonly onEnd?: (end: AttemptRecord) => void;
  /** For metrics: a switch to another route or key, and why. */
  readonly onSwitch: (route: Route, outcome: string) => void;
}

export interface ChainCall<Answer> {
  readonly tenantId: TenantId;
  readonly preset: string;
  readonly ranking: Ranking;
  /** What a detour is measured by. @default the first of the ranking */
  readonly first?: Route;
  /** For the record of what calls needed. @default a worker's, without needs */
  readonly about?: CallFacts;
  /** Tokens that one attempt can use at most. */
  readonly tokens: number;
  readonly signal: AbortSignal;
  /** One attempt. @throws ServiceError, or the reason of `signal` */
  send(route: Route, credential: Credential): Promise<Answer>;
  /** How the attempt ended; a promise where the answer is still being written. */
  endOf(answer: Answer): AttemptEnd | Promise<AttemptEnd>;
}

/** What a call was, beside who served it. */
export interface CallFacts {
  readonly role: LlmRole;
  readonly can: readonly Capability[];
  readonly isBatch: boolean;
}

/** One attempt that was sent and ended, other than by cancellation. */
export interface AttemptRecord {
  readonly tenantId: TenantId;
  readonly route: Route;
  readonly about: CallFacts;
  /** Prompt and answer together, at most. */
  readonly tokens: number;
  readonly outcome: 'ok' | FailureType;
  readonly latencyMs: number;
  readonly usage: LlmUsage | null;
}

/** `null`: it was cancelled, which says nothing about the provider. */
export interface AttemptEnd {
  readonly outcome: 'ok' | FailureType | null;
  readonly usage: LlmUsage | null;
}

export interface ChainEnd<Answer> {
  readonly answer: Answer;
  readonly route: Route;
  readonly routing: LlmRouting;
}

/** Over all routes and keys of one call. */
const MAX_ATTEMPTS = 6;

/** What one call has tried so far. */
interface Trail {
  readonly attempts: LlmAttempt[];
  readonly failures: ServiceError[];
  readonly waits: ChainWait[];
  /** Context windows up to this many tokens were too small. */
  tooSmall: number;
}

/**
 * Goes down the ranking until a route serves the call: the one owner of attempts inside an activity.
 * A key that is limited or refused makes room for the next key; a provider that is ill, full or
 * unreachable for the next route; a request that is wrong is wrong everywhere.
 *
 * @throws ServiceError what stopped it, with every attempt in words; the reason of `signal` where
 *   that was aborted.
 */
export async function runChain<Answer>(
  deps: ChainDeps,
  call: ChainCall<Answer>,
): Promise<ChainEnd<Answer>> {
  const trail: Trail = { attempts: [], failures: [], waits: [], tooSmall: 0 };
  const excluded = call.ranking.excluded.map(({ route, why }) => ({ route: route.id, why }));
  const routing: LlmRouting = { preset: call.preset, attempts: trail.attempts, excluded };
  for (const { route, why } of call.ranking.ranked) {
    const end = await tryRoute(deps, call, trail, route, why);
    if (end === 'stop') break;
    if (end !== 'next') {
      const before = trail.attempts.slice(0, -1);
      const first = call.first ?? call.ranking.ranked[0]?.route ?? route;
      const detour = describeDetour(first, route, before);
      const said = detour === null ? routing : { ...routing, degraded: [detour] };
      return { answer: end.answer, route, routing: said };
    }
  }
  // Nobody was asked since the request is too long: a shorter one may be served.
  const isTooLong = trail.attempts.length === 0 && call.ranking.excluded.some(isTooSmall);
  throw chainError(routing, trail.failures, trail.waits, isTooLong);
}

function isTooSmall(excluded: Excluded): boolean {
  return excluded.isTooSmall === true;
}

async function tryRoute<Answer>(
  deps: ChainDeps,
  call: ChainCall<Answer>,
  trail: Trail,
  route: Route,
  why: string,
): Promise<{ readonly answer: Answer } | 'next' | 'stop'> {
  const { contextTokens } = route.facts;
  if (contextTokens !== null && contextTokens <= trail.tooSmall) {
    skip(deps, trail, route, `takes ${contextTokens} tokens, which was too small`, null);
    return 'next';
  }
  const refreshed = deps.credentials.refresh(route, deps.nowMs());
  if (refreshed !== null) await refreshed;
  const usable = deps.credentials.usable(route, deps.nowMs());
  if (usable.length === 0) skip(deps, trail, route, ...noKey(deps, route));
  for (const credential of usable) {
    call.signal.throwIfAborted();
    if (spent(deps, trail)) return 'stop';
    const guard = await guardRoute(deps, call, route, credential);
    if (guard.kind === 'refused') {
      skip(deps, trail, route, guard.why, guard.wait);
      if (guard.scope === 'route') return 'next';
      continue;
    }
    const startedMs = performance.now();
    const note = (outcome: LlmAttempt['outcome'], said: string): void => {
      const durationMs = Math.round(performance.now() - startedMs);
      trail.attempts.push({ route: route.id, outcome, why: said, durationMs });
    };
    try {
      const answer = await call.send(route, credential);
      const end = call.endOf(answer);
      if (end instanceof Promise) void end.then((late) => keepBooks(deps, guard, late));
      else void keepBooks(deps, guard, end);
      deps.budget.succeeded();
      deps.credentials.used(route, credential);
      note('ok', why);
      return { answer };
    } catch (error) {
      const failure = isServiceError(error) && !call.signal.aborted ? error : null;
      if (failure !== null) deps.healths.failed(route, failure, deps.nowMs());
      const used = failure === null ? null : paidFor(failure);
      await guard.ended(failure?.type ?? null, used);
      if (failure === null) throw call.signal.aborted ? call.signal.reason : error;
      note(failure.type, failure.message);
      trail.failures.push(failure);
      deps.onSwitch(route, failure.type);
      const next = afterFailure(deps, credential, failure, startedMs);
      if (next === 'larger-window') trail.tooSmall = Math.max(trail.tooSmall, contextTokens ?? 0);
      if (next !== 'next-key') return next === 'stop' ? 'stop' : 'next';
    }
  }
  return 'next';
}

/**
 * No answer waits for it: where Redis keeps the limits and the breakers, that is a round trip. What is
 * lost with the process is on the safe side: a reservation stands for its minute, a probe's lease ends.
 */
async function keepBooks(
  { log }: ChainDeps,
  guard: Extract<RouteGuard, { kind: 'open' }>,
  { outcome, usage }: AttemptEnd,
): Promise<void> {
  try {
    await guard.ended(outcome, usage);
  } catch (error) {
    log.warn({ err: error }, 'how a model call ended was not noted');
  }
}

/** What an answer that came and was not taken used. */
function paidFor(failure: ServiceError): LlmUsage | null {
  return failure instanceof RejectedAnswer ? failure.answer.usage : usedBy(failure);
}

function skip(
  { onSwitch }: ChainDeps,
  { attempts, waits }: Trail,
  route: Route,
  why: string,
  wait: ChainWait | null,
): void {
  attempts.push({ route: route.id, outcome: 'skipped', why, durationMs: 0 });
  if (wait !== null) waits.push(wait);
  onSwitch(route, 'skipped');
}

function spent({ budget }: ChainDeps, { failures }: Trail): boolean {
  const last = failures.at(-1);
  if (last === undefined) return false;
  if (failures.length >= MAX_ATTEMPTS) return true;
  return !budget.take(last.type === FAILURE.llmTimeout ? 'timeout' : 'failure');
}

function noKey(deps: ChainDeps, route: Route): [why: string, wait: ChainWait | null] {
  const atMs = deps.credentials.usableAtMs(route);
  if (atMs === null) return ['every key of this provider is disabled', null];
  const waitMs = Math.max(0, atMs - deps.nowMs());
  const wait = { type: FAILURE.llmRateLimited, ms: waitMs };
  return [`every key of this provider waits, the first for ${waitMs} ms`, wait];
}
