import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { incidentOf } from '../../activities/failure.ts';
import type { BreakerState } from '../../common/breaker.ts';
import { FAILURE } from '../../common/failures.ts';
import { admitAll, isIllness } from '../../services/breaker/admit-all.ts';
import type { Breakers, BreakerTarget } from '../../services/breaker/breakers.ts';

/** An operator's hold has no date: it is asked about again so often. */
const HELD_RETRY_MS = 30_000;
/** While part of the calls is let through or a probe is under way, the next try may be a better one. */
const PARTIAL_RETRY_MS = 1_000;
const LEAST_RETRY_MS = 250;

const BEAT_EVERY_MS = 600;

/** @returns what the activity would have, or `null`. */
export type Otherwise = (
  activityType: string,
  input: unknown,
  context: { readonly signal: AbortSignal; readonly attempt: number },
  why: string,
) => Promise<unknown>;

type Context = Parameters<ActivityInterceptorsFactory>[0];

/**
 * Asks the breakers of what an activity is about to call. A call that it diverts fails at once, and
 * Temporal waits for it: nothing sleeps in a slot. Such failures use up attempts, so activities are
 * bounded by `scheduleToCloseTimeout`.
 *
 * A call that has another declared path goes by that instead, also when its server fails.
 *
 * @param deps.targetsOf what an activity calls; none for one that nothing guards.
 */
export function circuitBreaker(deps: {
  readonly breakers: Breakers;
  readonly targetsOf: (activityType: string, input: unknown) => readonly BreakerTarget[];
  /** Another way to the answer; `null`: there is none. @default none */
  readonly otherwise?: Otherwise;
}): ActivityInterceptorsFactory {
  return (context) => ({
    inbound: {
      async execute(input, next) {
        const targets = deps.targetsOf(context.info.activityType, input.args[0]);
        if (targets.length === 0) return next(input);
        const admission = await admitAll(deps.breakers, targets);
        const other = (why: string) => askOtherwise(deps.otherwise, context, input.args[0], why);
        if (admission.kind === 'diverted') {
          const { target } = admission;
          const refusal = circuitOpen(target, admission.state);
          const answer = await other(
            `the breaker of ${target.kind} ${target.name} is ${admission.state.kind}`,
          );
          if (answer !== null) return answer;
          throw refusal;
        }
        const startedMs = performance.now();
        const ended = (failure: string | null, incident: string | null) =>
          admission.ended({ failure, latencyMs: performance.now() - startedMs, incident });
        try {
          const result = await next(input);
          await ended(null, null);
          return result;
        } catch (error) {
          const failure = typeOf(error);
          await ended(failure, error instanceof ApplicationFailure ? incidentOf(error) : null);
          const answer = isIllness(failure) ? await other((error as Error).message) : null;
          if (answer !== null) return answer;
          throw error;
        }
      },
    },
  });
}

/** A dead worker is noticed here as well, so it beats while another path is asked. */
async function askOtherwise(
  otherwise: Otherwise | undefined,
  context: Context,
  input: unknown,
  why: string,
): Promise<unknown> {
  if (otherwise === undefined) return null;
  const beat = setInterval(() => context.heartbeat(), BEAT_EVERY_MS);
  try {
    const { attempt, activityType } = context.info;
    return await otherwise(
      activityType,
      input,
      { signal: context.cancellationSignal, attempt },
      why,
    );
  } finally {
    clearInterval(beat);
  }
}

/** What is no failure of ours says nothing of what was called. */
function typeOf(error: unknown): string {
  return error instanceof ApplicationFailure ? (error.type ?? '') : '';
}

function circuitOpen(target: BreakerTarget, state: BreakerState): ApplicationFailure {
  const { why, waitMs } = explain(state);
  return ApplicationFailure.create({
    type: FAILURE.circuitOpen,
    message: `The breaker of ${target.kind} ${target.name} ${why}. The call was not made; it is tried again in ${waitMs} ms.`,
    nextRetryDelay: waitMs,
    category: ApplicationFailureCategory.BENIGN,
  });
}

function explain(state: BreakerState): { readonly why: string; readonly waitMs: number } {
  if (state.kind !== 'open') {
    return { why: 'lets only part of the calls through', waitMs: PARTIAL_RETRY_MS };
  }
  if (state.retryAtMs === null) return { why: 'is held by an operator', waitMs: HELD_RETRY_MS };
  // How long a probe may take says nothing about how long this one will.
  if (state.probing) return { why: 'is being probed', waitMs: PARTIAL_RETRY_MS };
  const waitMs = Math.max(LEAST_RETRY_MS, Math.ceil(state.retryAtMs - Date.now()));
  return { why: 'is open', waitMs };
}
