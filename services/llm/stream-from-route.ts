import type { FailureType } from '../../common/failures.ts';
import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import type { LlmRequest, LlmUsage } from '../../common/llm.ts';
import type { AttemptEnd } from './attempt-chain.ts';
import { usedBy } from './bad-tool-args.ts';
import type { Credential } from './credentials.ts';
import type { DialectEvent } from './llm-dialect.ts';
import { priceOfRoute } from './price-of-route.ts';
import type { Route } from './router/route.ts';
import { fitted, pricedFailure } from './send-to-route.ts';
import type { SendDeps } from './send-to-route.ts';
import { toServiceError } from './to-service-error.ts';
import { DeadlineExceeded } from './with-deadline.ts';

/** A stream whose first event is here: until then another route may take its place unseen. */
export interface OpenStream {
  /** All events, the first one too. Must be iterated, to the end or left early: it holds a socket. */
  readonly events: AsyncIterable<LlmStreamEvent>;
  /** Resolves when the last event is here or the stream broke; never rejects. */
  readonly ended: Promise<AttemptEnd>;
}

/**
 * One attempt at one route with one key, up to the first event. The time limit goes on to the last.
 *
 * @throws ServiceError of an `Llm.…` type, here and from `events`; the reason of `signal` where that
 *   was aborted.
 */
export async function streamFromRoute(
  deps: SendDeps,
  route: Route,
  credential: Credential,
  request: LlmRequest,
  signal: AbortSignal,
): Promise<OpenStream> {
  const attempt = startAttempt(deps, route, signal);
  try {
    const dialect = deps.dialectOf(route, credential);
    const events = dialect.stream(fitted(request, route), attempt.signal);
    const iterator = events[Symbol.asyncIterator]();
    const first = await iterator.next();
    attempt.firstCame();
    return { events: rest(attempt, first, iterator), ended: attempt.ended };
  } catch (error) {
    throw attempt.failed(error);
  }
}

type Attempt = ReturnType<typeof startAttempt>;

async function* rest(
  attempt: Attempt,
  first: IteratorResult<DialectEvent>,
  iterator: AsyncIterator<DialectEvent>,
): AsyncGenerator<LlmStreamEvent> {
  try {
    for (let next = first; next.done !== true; next = await iterator.next()) {
      yield attempt.passOn(next.value);
    }
  } catch (error) {
    throw attempt.failed(error);
  } finally {
    // Also where the reader left early: then the abort closes the socket.
    attempt.left();
  }
}

/** The time limit, the notes and the price of one attempt. */
function startAttempt(deps: SendDeps, route: Route, signal: AbortSignal) {
  signal.throwIfAborted();
  const { provider, model, timeoutMs } = route;
  const { healths, metrics, log, nowMs } = deps;
  const controller = new AbortController();
  const cancel = () => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(new DeadlineExceeded()), timeoutMs);
  signal.addEventListener('abort', cancel, { once: true });
  const startedMs = performance.now();
  let firstTokenMs: number | null = null;
  let noted = false;
  let isWhole = false;
  const { promise: ended, resolve: settle } = Promise.withResolvers<AttemptEnd>();
  const note = (outcome: 'ok' | 'cancelled' | FailureType, usage: LlmUsage | null): number => {
    noted = true;
    settle({ outcome: outcome === 'cancelled' ? null : outcome, usage });
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    const durationMs = performance.now() - startedMs;
    metrics.llmCall({ provider, model, outcome, durationMs, usage });
    return durationMs;
  };
  return {
    ended,
    signal: controller.signal,
    firstCame(): void {
      firstTokenMs = performance.now() - startedMs;
    },
    passOn(event: DialectEvent): LlmStreamEvent {
      if (event.kind === 'usage') {
        const costUsd = priceOfRoute(route, event.usage, nowMs());
        return { kind: 'usage', usage: { ...event.usage, costUsd } };
      }
      if (event.kind !== 'finish') return event;
      isWhole = true;
      const costUsd = priceOfRoute(route, event.answer.usage, nowMs());
      const usage = { ...event.answer.usage, costUsd };
      healths.ok(route, { firstTokenMs, durationMs: note('ok', usage), usage });
      return {
        kind: 'finish',
        response: { ...event.answer, usage, servedBy: { provider, model } },
      };
    },
    failed(error: unknown): unknown {
      if (signal.aborted) {
        if (!noted) note('cancelled', null);
        return signal.reason;
      }
      const cause: unknown = controller.signal.aborted ? controller.signal.reason : error;
      const failed = toServiceError(cause, { provider, model, timeoutMs, nowMs: nowMs() });
      const failure = pricedFailure(failed, route, nowMs());
      if (!noted) {
        note(failure.type, usedBy(failure));
        // Before the first event the chain counts it.
        if (firstTokenMs !== null) healths.failed(route, failure, nowMs());
      }
      const { type, retry, message } = failure;
      log.warn({ provider, model, type, retry }, message);
      return failure;
    },
    left(): void {
      // The connection stays for the next call.
      if (isWhole) return;
      if (!noted) note('cancelled', null);
      controller.abort(new Error('The stream was left.'));
    },
  };
}
