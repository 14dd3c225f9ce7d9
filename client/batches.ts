import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type {
  BatchProgress,
  BatchResult,
  BatchSettings,
  BatchSource,
  BatchWork,
  RunBatchInput,
} from '../common/batch.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { WORKFLOW } from '../common/names.ts';
import { batchProgressQuery, cancelUpdate } from '../workflows/definitions.ts';
import type { BatchRequest } from './batch-request.ts';
import { toBatch } from './batch-request.ts';
import { ClientError, isClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import { planSummary } from './plan-summary.ts';
import { runAttributes } from './start-run.ts';

/** A batch, open or ended. Holds no resources: any process can make one from its id. */
export interface BatchHandle {
  readonly batchId: string;
  readonly workflowId: string;
  /**
   * Waits for the end. A batch whose items failed has a result.
   * @throws ClientError (`run-failed`) when the workflow itself failed or was terminated.
   */
  result(): Promise<BatchResult>;
  progress(): Promise<BatchProgress>;
  /** @throws ClientError (`not-found`, `already-ended`) */
  cancel(reason: string): Promise<void>;
  /** Whether its workflow is open now. */
  isOpen(): Promise<boolean>;
  /** Resolves when its workflow has closed, which is a moment after its results are there, or is late. */
  untilClosed(): Promise<void>;
}

export interface BatchStart {
  readonly batchId: string;
  readonly work: BatchWork;
  readonly source: BatchSource;
  readonly settings: BatchSettings;
  /** 1 for the first start; more to resume what is left. */
  readonly round: number;
}

/**
 * Starts a batch whose items lie behind a URL; the batch reads and stores them itself. Files are
 * uploaded to the API instead.
 *
 * ```ts
 * const batch = await runBatch(ostinato, { goal: 'Summarise ${item.file}', url });
 * console.log(await batch.result());
 * ```
 * @throws ClientError (`bad-input`, `conflict`, `unavailable`)
 */
export async function runBatch(
  connection: OstinatoConnection,
  request: BatchRequest & { readonly url: string },
): Promise<BatchHandle> {
  return startBatch(connection, { ...toBatch(connection, request), round: 1 });
}

/** Starts the workflow of a batch that is described already. */
export async function startBatch(
  connection: OstinatoConnection,
  { batchId, work, source, settings, round }: BatchStart,
): Promise<BatchHandle> {
  const { tenant, queues } = connection;
  const input: RunBatchInput = {
    ...{ tenant, batchId, work, source, settings, queues, round },
    resumeAt: null,
  };
  const summary = batchSummary(work);
  try {
    await connection.temporal.workflow.start(WORKFLOW.runBatch, {
      workflowId: batchWorkflowId(connection, batchId),
      taskQueue: queues.agent,
      args: [input],
      memo: { summary },
      staticSummary: summary,
      workflowIdReusePolicy: round === 1 ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
      typedSearchAttributes: runAttributes(connection, settings.agent),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
      const why = describeFailure(error);
      throw new ClientError('unavailable', `Temporal did not start the batch: ${why}.`, error);
    }
    if (round > 1) {
      throw new ClientError('conflict', `Batch ${batchId} is running: it needs no resume.`, error);
    }
  }
  return batchHandle(connection, batchId);
}

export function batchWorkflowId(connection: OstinatoConnection, batchId: string): string {
  return `t:${connection.tenant.tenantId}:batch:${batchId}`;
}

/** One line for lists and the Temporal UI. */
export function batchSummary(work: BatchWork): string {
  const text = work.kind === 'goal' ? work.goal : planSummary(work.plan);
  return text.replace(/\s+/g, ' ').slice(0, 200);
}

const PROGRESS_WITHIN_MS = 5_000;
const CANCEL_WITHIN_MS = 10_000;
const CLOSE_WITHIN_MS = 10_000;

/** A handle on a batch by its id; says nothing about whether it exists. */
export function batchHandle(connection: OstinatoConnection, batchId: string): BatchHandle {
  const handle = connection.temporal.workflow.getHandle(batchWorkflowId(connection, batchId));
  const ask = async <Value>(question: () => Promise<Value>, withinMs: number): Promise<Value> => {
    try {
      return await connection.temporal.withDeadline(Date.now() + withinMs, question);
    } catch (error) {
      throw toClientError(error, batchId);
    }
  };
  const isOpen = async (): Promise<boolean> =>
    (await ask(() => handle.describe(), PROGRESS_WITHIN_MS)).status.name === 'RUNNING';
  return {
    batchId,
    workflowId: handle.workflowId,
    isOpen,
    async result() {
      try {
        return (await handle.result()) as BatchResult;
      } catch (error) {
        throw toClientError(error, batchId);
      }
    },
    async untilClosed() {
      // How it ended is another question, and whether it did at all the next start says.
      await ask(() => handle.result(), CLOSE_WITHIN_MS).catch(() => undefined);
    },
    progress: () => ask(() => handle.query(batchProgressQuery), PROGRESS_WITHIN_MS),
    async cancel(reason) {
      const over = `Batch ${batchId} has ended: there is nothing to cancel.`;
      if (!(await isOpen())) throw new ClientError('already-ended', over);
      const send = () => handle.executeUpdate(cancelUpdate, { args: [{ reason }] });
      await ask(send, CANCEL_WITHIN_MS).catch((error: unknown) => {
        // It ended between the two questions.
        const isGone = isClientError(error) && error.code === 'not-found';
        throw isGone ? new ClientError('already-ended', over, error) : error;
      });
    },
  };
}

function toClientError(error: unknown, batchId: string): ClientError {
  if (error instanceof WorkflowNotFoundError) {
    const why = `There is no batch ${batchId} that was started. List them with "ostinato batch list".`;
    return new ClientError('not-found', why);
  }
  if (error instanceof WorkflowFailedError) {
    return new ClientError(
      'run-failed',
      `Batch ${batchId} failed: ${describeFailure(error)}`,
      error,
    );
  }
  const isLate = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError;
  const why = isLate ? 'no worker answers' : describeFailure(error);
  return new ClientError('unavailable', `Batch ${batchId} cannot be reached: ${why}.`, error);
}
