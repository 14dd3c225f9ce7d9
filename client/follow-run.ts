import type { RunProgress } from '../common/agent.ts';
import { isClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import type { RunDetail } from './runs.ts';
import { getRun, runHandle } from './runs.ts';

export type RunEvent =
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  /** No worker (or not even Temporal) answers now; the run goes on by itself once they do. */
  | { readonly kind: 'waiting'; readonly reason: string }
  | { readonly kind: 'ended'; readonly run: RunDetail };

export interface FollowRunOptions {
  /** Ends the generator without an `ended` event. */
  readonly signal?: AbortSignal;
  /** @default 150 */
  readonly everyMs?: number;
  /** Progress up to this revision is known and left out. @default -1 */
  readonly afterRevision?: number;
}

const EVERY_MS = 150;
const WAITING_EVERY_MS = 1_000;

/**
 * A run until it has ended, however it ends: besides the progress it watches the workflow itself,
 * so that a run that was terminated or timed out ends the generator too. A worker that is gone for
 * a while, or a Temporal that is, is reported once and waited for.
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
  let revision = options.afterRevision ?? -1;
  let isWaiting = false;
  let end = watchEnd(() => ask(handle.result));
  try {
    while (!signal.aborted) {
      const now = await ask(handle.progress).catch(asReason);
      if (signal.aborted) return;
      if (typeof now === 'string') {
        if (!isWaiting && !end.aborted) yield { kind: 'waiting', reason: now };
        isWaiting = true;
      } else {
        isWaiting = false;
        if (now.revision > revision) yield { kind: 'progress', progress: now };
        revision = Math.max(revision, now.revision);
      }
      if (end.aborted || (typeof now !== 'string' && now.phase === 'ended')) {
        const run = await getRun(connection, runId).catch(asReason);
        isWaiting ||= typeof run === 'string';
        if (typeof run !== 'string' && run.status !== 'running') {
          yield* lastProgress(run, revision);
          yield { kind: 'ended', run };
          return;
        }
        if (end.aborted) end = watchEnd(() => ask(handle.result));
      }
      await pause(isWaiting ? WAITING_EVERY_MS : (options.everyMs ?? EVERY_MS), [signal, end]);
    }
  } finally {
    stop.abort();
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

function pause(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    for (const signal of signals) signal.addEventListener('abort', done, { once: true });
    if (signals.some((signal) => signal.aborted)) done();
    function done(): void {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
