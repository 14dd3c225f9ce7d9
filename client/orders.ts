import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { describeFailure } from '../common/describe-failure.ts';
import type { JsonValue } from '../common/json.ts';
import type { Orderer } from '../workflows/definitions.ts';
import {
  effectDecidedSignal,
  pauseUpdate,
  resumeUpdate,
  signalUpdate,
  steerUpdate,
} from '../workflows/definitions.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import { endedOr } from './run-handle.ts';
import { sendUpdate } from './send-update.ts';
import { workflowIdOf } from './start-run.ts';

/**
 * No step and no turn of the run starts from now on; what runs goes on. Its wall time goes on too.
 * @throws ClientError (`not-found`, `already-ended`; `conflict`: it is paused already)
 */
export function pauseRun(connection: OstinatoConnection, runId: string): Promise<void> {
  return sendOrder(connection, runId, pauseUpdate, ordererOf(connection));
}

/** @throws ClientError (`not-found`, `already-ended`; `conflict`: it is not paused) */
export function resumeRun(connection: OstinatoConnection, runId: string): Promise<void> {
  return sendOrder(connection, runId, resumeUpdate, ordererOf(connection));
}

/**
 * Tells a running agent something. Steps that have not started are left, and it plans again with
 * the message and all that is done.
 * @throws ClientError (`not-found`, `already-ended`; `conflict`: it runs a plan without a planner)
 */
export function steerRun(
  connection: OstinatoConnection,
  runId: string,
  text: string,
): Promise<void> {
  return sendOrder(connection, runId, steerUpdate, { ...ordererOf(connection), text });
}

/**
 * Sends what a step of the run waits for (`waitFor: {signal}`). Where none waits yet it is kept; the
 * earliest of a name goes to the first that waits.
 *
 * @param payload becomes the step's answer, at most 32,768 characters as JSON.
 * @throws ClientError (`not-found`, `already-ended`; `conflict`: refused, with why)
 */
export function signalRun(
  connection: OstinatoConnection,
  runId: string,
  name: string,
  payload: JsonValue = null,
): Promise<void> {
  const request = { ...ordererOf(connection), name, payload };
  return sendOrder(connection, runId, signalUpdate, request);
}

/**
 * Tells the run that waits for it that the ledger knows now how a call ended. Says whether there
 * was an open run; most calls are decided when theirs is long over.
 */
export async function tellEffectDecided(
  connection: OstinatoConnection,
  key: string,
): Promise<boolean> {
  const [, workflowId] = /^(t:.*:run:.*)\/[^/]+\/\d+$/.exec(key) ?? [];
  if (workflowId?.startsWith(workflowIdOf(connection, '')) !== true) return false;
  try {
    await connection.temporal.workflow.getHandle(workflowId).signal(effectDecidedSignal, { key });
    return true;
  } catch {
    return false;
  }
}

export function ordererOf({ tenant }: OstinatoConnection): Orderer {
  return { tenantId: tenant.tenantId, actor: tenant.actor };
}

/** @throws ClientError; `conflict` with the run's own words where it refused. */
export async function sendOrder<Request>(
  connection: OstinatoConnection,
  runId: string,
  update: UpdateDefinition<unknown, [Request]>,
  request: Request,
): Promise<void> {
  const handle = connection.temporal.workflow.getHandle(workflowIdOf(connection, runId));
  try {
    await sendUpdate(handle, update, request);
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      throw new ClientError('conflict', describeFailure(error), error);
    }
    throw await endedOr(error, runId, handle, `it takes no "${update.name}" any more`);
  }
}
