import type { Logger } from 'pino';
import type { LlmRequest, LlmResponse, LlmUsage } from '../../common/llm.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ServiceError } from '../errors.ts';
import { BadToolArgs, usedBy } from './bad-tool-args.ts';
import type { Credential } from './credentials.ts';
import type { LlmDialect } from './llm-dialect.ts';
import { priceOfRoute } from './price-of-route.ts';
import type { RouteHealths } from './route-health.ts';
import type { Route } from './router/route.ts';
import { toServiceError } from './to-service-error.ts';
import { withDeadline } from './with-deadline.ts';

export interface SendDeps {
  readonly dialectOf: (route: Route, credential: Credential) => LlmDialect;
  readonly healths: RouteHealths;
  readonly metrics: Pick<Metrics, 'llmCall'>;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/**
 * One attempt at one route with one key, timed, priced and counted.
 *
 * @throws ServiceError of an `Llm.…` type; the reason of `signal` where that was aborted.
 */
export function sendToRoute(
  deps: SendDeps,
  route: Route,
  credential: Credential,
  request: LlmRequest,
  signal: AbortSignal,
): Promise<LlmResponse> {
  return attempt(deps, route, signal, (limited) =>
    deps.dialectOf(route, credential).complete(fitted(request, route), limited),
  );
}

/** The same for any kind of call whose answer comes whole. */
export async function attempt<Answer extends { readonly usage: LlmUsage }>(
  deps: SendDeps,
  route: Route,
  signal: AbortSignal,
  send: (limited: AbortSignal) => Promise<Answer>,
): Promise<Answer & { readonly servedBy: LlmResponse['servedBy'] }> {
  const { healths, metrics, log, nowMs } = deps;
  const { provider, model, timeoutMs } = route;
  const startedMs = performance.now();
  const note = (outcome: string, usage: LlmUsage | null): number => {
    const durationMs = performance.now() - startedMs;
    metrics.llmCall({ provider, model, outcome, durationMs, usage });
    return durationMs;
  };
  try {
    const answer = await withDeadline(signal, timeoutMs, send);
    const costUsd = priceOfRoute(route, answer.usage, nowMs());
    const usage = { ...answer.usage, costUsd };
    const durationMs = note('ok', usage);
    healths.ok(route, { firstTokenMs: null, durationMs, usage });
    return { ...answer, usage, servedBy: { provider, model } };
  } catch (error) {
    if (signal.aborted) {
      note('cancelled', null);
      throw signal.reason;
    }
    const failed = toServiceError(error, { provider, model, timeoutMs, nowMs: nowMs() });
    const failure = pricedFailure(failed, route, nowMs());
    note(failure.type, usedBy(failure));
    const { type, retry, message } = failure;
    log.warn({ provider, model, type, retry }, message);
    throw failure;
  }
}

/** An answer that came and cannot be used was paid for: what it used goes with its error. */
export function pricedFailure(failure: ServiceError, route: Route, nowMs: number): ServiceError {
  const usage = usedBy(failure);
  if (!(failure instanceof BadToolArgs) || usage === null) return failure;
  return failure.counted({ ...usage, costUsd: priceOfRoute(route, usage, nowMs) });
}

/** A model that writes less than is asked for is asked for what it can. */
export function fitted(request: LlmRequest, { facts }: Route): LlmRequest {
  const { outputTokens } = facts;
  if (outputTokens === null || request.maxOutputTokens <= outputTokens) return request;
  return { ...request, maxOutputTokens: outputTokens };
}
