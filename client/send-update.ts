import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';

/** Only a worker can answer: where none is, the caller learns that instead of waiting for one. */
const WITHIN_MS = 10_000;
const ATTEMPTS = 5;
/** Of gRPC. */
const FAILED_PRECONDITION = 9;

/**
 * Sends an update and waits for its answer. Under one id, so that sending it again cannot ask twice.
 *
 * @param withinMs @default 10000
 */
export function sendUpdate<Answer, Request>(
  handle: WorkflowHandle,
  update: UpdateDefinition<Answer, [Request]>,
  request: Request,
  withinMs = WITHIN_MS,
): Promise<Answer> {
  const updateId = randomUUID();
  return handle.client.withDeadline(Date.now() + withinMs, async () => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await handle.executeUpdate(update, { args: [request], updateId });
      } catch (error) {
        if (attempt === ATTEMPTS || !wasDropped(error)) throw error;
      }
    }
  });
}

/** Temporal drops an update when something else happens to the run while it answers. */
function wasDropped(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  return isGrpcServiceError(cause) && cause.code === FAILED_PRECONDITION;
}
