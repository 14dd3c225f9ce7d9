import type { WorkflowHandle } from '@temporalio/client';
import {
  isGrpcCancelledError,
  isGrpcDeadlineError,
  QueryNotRegisteredError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { RunProgress } from '../common/agent.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { cancelUpdate, progressQuery } from '../workflows/definitions.ts';
import { ClientError } from './client-error.ts';
import { sendUpdate } from './send-update.ts';

/** One run, open or ended. Holds no resources: any process can make one from the run's id. */
export interface RunHandle<Result> {
  readonly runId: string;
  readonly workflowId: string;
  /**
   * Waits for the end.
   * @throws ClientError (`run-failed`) when the workflow itself failed, was terminated or timed out.
   */
  result(): Promise<Result>;
  /** @throws ClientError (`not-found`, `already-ended`) */
  cancel(reason: string): Promise<void>;
  progress(): Promise<RunProgress>;
  /** Yields the progress now and whenever it changed, until the run has ended. */
  watch(options?: {
    readonly everyMs?: number;
    readonly signal?: AbortSignal;
  }): AsyncGenerator<RunProgress>;
}

export function createRunHandle<Result>(runId: string, handle: WorkflowHandle): RunHandle<Result> {
  const progress = async (): Promise<RunProgress> => {
    try {
      return await within(handle, PROGRESS_WITHIN_MS, () => handle.query(progressQuery));
    } catch (error) {
      throw await toClientError(error, runId);
    }
  };
  return {
    runId,
    workflowId: handle.workflowId,
    async result() {
      try {
        return (await handle.result()) as Result;
      } catch (error) {
        throw await toClientError(error, runId);
      }
    },
    async cancel(reason) {
      try {
        await sendUpdate(handle, cancelUpdate, { reason });
      } catch (error) {
        throw await endedOr(error, runId, handle, 'there is nothing to cancel');
      }
    },
    progress,
    watch: (options = {}) => watch(progress, options),
  };
}

/** Only a worker can answer: where none is, the caller learns that instead of waiting for one. */
const PROGRESS_WITHIN_MS = 5_000;
function within<Value>(
  handle: WorkflowHandle,
  timeoutMs: number,
  ask: () => Promise<Value>,
): Promise<Value> {
  return handle.client.withDeadline(Date.now() + timeoutMs, ask);
}

/** A question whose time is over ends as either, depending on what was waited for. */
function isLate(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    isGrpcDeadlineError(error) ||
    isGrpcCancelledError(error)
  );
}

const WATCH_EVERY_MS = 150;

async function* watch(
  progress: () => Promise<RunProgress>,
  options: { readonly everyMs?: number; readonly signal?: AbortSignal },
): AsyncGenerator<RunProgress> {
  let revision = -1;
  while (options.signal?.aborted !== true) {
    const now = await progress();
    if (now.revision !== revision) yield now;
    revision = now.revision;
    if (now.phase === 'ended') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, options.everyMs ?? WATCH_EVERY_MS);
      options.signal?.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}

/** Why an order did not reach a run: it has ended, or what went wrong. */
export async function endedOr(
  error: unknown,
  runId: string,
  handle: WorkflowHandle,
  consequence: string,
): Promise<ClientError> {
  const description = await handle.describe().catch(() => null);
  if (description !== null && description.status.name !== 'RUNNING') {
    return new ClientError(
      'already-ended',
      `Run ${runId} has ended (${description.status.name.toLowerCase()}): ${consequence}.`,
      error,
    );
  }
  return toClientError(error, runId);
}

async function toClientError(error: unknown, runId: string): Promise<ClientError> {
  if (error instanceof WorkflowNotFoundError) {
    return new ClientError(
      'not-found',
      `There is no run ${runId}. List them with "ostinato runs list".`,
    );
  }
  if (error instanceof QueryNotRegisteredError) {
    return new ClientError(
      'unavailable',
      `Run ${runId} has not started yet: no worker took it up.`,
      error,
    );
  }
  if (isLate(error)) {
    return new ClientError(
      'unavailable',
      `No worker answers for run ${runId}. Start one with "ostinato dev", or see "ostinato doctor".`,
      error,
    );
  }
  if (error instanceof WorkflowFailedError) {
    return new ClientError('run-failed', `Run ${runId} failed: ${describeFailure(error)}`, error);
  }
  return new ClientError(
    'unavailable',
    `Run ${runId} cannot be reached: ${describeFailure(error)}`,
    error,
  );
}
