import { isClientError } from '../client-error.ts';
import type { OstinatoConnection } from '../connection.ts';
import { runHandle } from '../runs.ts';

/**
 * Asks a run to end.
 * @returns `false` where it had ended before.
 * @throws ClientError (`not-found`, `unavailable`)
 */
export async function cancelRun(
  connection: OstinatoConnection,
  runId: string,
  reason: string,
): Promise<boolean> {
  try {
    await runHandle(connection, runId).cancel(reason);
    return true;
  } catch (error) {
    if (isClientError(error) && error.code === 'already-ended') return false;
    throw error;
  }
}
