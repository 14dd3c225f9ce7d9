import type { RunProgress } from '../common/agent.ts';
import type { LiveItem, LiveReader } from '../common/live-event.ts';
import { isClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import { followLive } from './follow-live.ts';
import type { LiveRunEvent } from './live-filter.ts';
import { createLimitWatch } from './limit-watch.ts';
import { pause } from './pause.ts';
import type { RunDetail } from './runs.ts';
import { describeExecution, getRun, runHandle } from './runs.ts';

export type RunEvent =
  /** Also where nothing but which steps wait for a limit has changed. */
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  /** With `live` only: words of a model that is writing, tools at work, steps being planned. */
  | LiveRunEvent
  /** No worker (or not even Temporal) answers now; the run goes on by itself once they do. */
  | { readonly kind: 'waiting'; readonly reason: string }
  | { readonly kind: 'ended'; readonly run: RunDetail };

export interface FollowRunOptions {
  /** Ends the generator without an `ended` event. */
  readonly signal?: AbortSignal;
  /** How often the run is asked, ms; less often where `live` says that nothing happens. @default 150 */
  readonly everyMs?: number;
  /** Progress up to this revision is known and left out. @default -1 */
  readonly afterRevision?: number;
  /** The run's side channel; it may fall silent or lose things, and the run's end comes all the same. */
  readonly live?: LiveReader;
}

const EVERY_MS = 150;
const WAITING_EVERY_MS = 1_000;
/** A run whose side channel works is asked this often while that is silent. */
const QUIET_EVERY_MS = 1_000;

/**
 * A run until it has ended, however it ends: besides the progress it watches the workflow itself,
 * so that a run that was terminated or timed out ends the generator too. A worker that is gone for
 * a while, or a Temporal that is, is reported once and waited for. Nothing is read ahead of who takes
 * the events.
 *
 * @throws ClientError (`not-found`)
 */
export async function* followRun(
  connection: OstinatoConnection,
  runId: string,
  options: FollowRunOptions = {},
): AsyncGenerator<RunEvent> {
  const handle = runHandle(connection, runId);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  const ask = <Value>(question: () => Promise<Value>): Promise<Value> =>
    connection.temporal.withAbortSignal(signal, question);
  const live = options.live === undefined ? null : followLive(options.live, signal);
  const limits = createLimitWatch(() => ask(() => describeExecution(connection, runId)));
  let revision = options.afterRevision ?? -1;
  let isWaiting = false;
  let end = watchEnd(() => ask(handle.result));
  const look = async (afterMs: number): Promise<RunProgress | string> => {
    await pause(afterMs, [signal, end, ...(live === null ? [] : [live.nudge()])]);
    return signal.aborted ? '' : ask(handle.progress).catch(asReason);
  };
  let looked = look(0);
  try {
    while (!signal.aborted) {
      const now = await (live === null ? looked : Promise.race([looked, live.page()]));
      if (signal.aborted) return;
      if (live !== null && Array.isArray(now)) {
        yield* live.take(now as readonly LiveItem[]);
        continue;
      }
      const answer = now as RunProgress | string;
      const isGone = typeof answer === 'string';
      if (isGone && !isWaiting && !end.aborted) yield { kind: 'waiting', reason: answer };
      isWaiting = isGone;
      if (!isGone) {
        const { progress, isNews } = await limits.add(answer);
        if (answer.revision > revision || isNews || live?.mustTell() === true) {
          yield { kind: 'progress', progress };
        }
        revision = Math.max(revision, answer.revision);
      }
      if (end.aborted || (!isGone && answer.phase === 'ended')) {
        const run = await getRun(connection, runId).catch(asReason);
        isWaiting ||= typeof run === 'string';
        if (typeof run !== 'string' && run.status !== 'running') {
          if (live !== null) yield* live.rest();
          yield* lastProgress(run, revision);
          yield { kind: 'ended', run };
          return;
        }
        if (end.aborted) end = watchEnd(() => ask(handle.result));
      }
      const everyMs = options.everyMs ?? EVERY_MS;
      looked = look(isWaiting ? WAITING_EVERY_MS : live?.isQuiet() ? QUIET_EVERY_MS : everyMs);
    }
  } finally {
    stop.abort();
    looked.catch(() => undefined);
  }
}

function* lastProgress(run: RunDetail, revision: number): Generator<RunEvent> {
  if (run.progress !== null && run.progress.revision > revision) {
    yield { kind: 'progress', progress: run.progress };
  }
}

/** Raised when the wait for the result is over: the run has ended, or could not be waited for. */
function watchEnd(result: () => Promise<unknown>): AbortSignal {
  const over = new AbortController();
  const raise = (): void => over.abort();
  result().then(raise, raise);
  return over.signal;
}

/** Somebody who is away is a reason to wait; anything else ends the watch. */
function asReason(error: unknown): string {
  if (isClientError(error) && error.code === 'unavailable') return error.message;
  throw error;
}
