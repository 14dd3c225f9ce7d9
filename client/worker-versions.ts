import { setTimeout as wait } from 'node:timers/promises';
import { describeFailure } from '../common/describe-failure.ts';
import { DEFAULT_DEPLOYMENT } from '../common/names.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';

export interface WorkerVersionName {
  /** As OSTINATO_DEPLOYMENT says it to the workers. @default 'ostinato' */
  readonly deployment?: string | undefined;
  /** As OSTINATO_BUILD_ID says it to them. */
  readonly buildId: string;
  /** How long to wait for its first worker. @default 10_000 */
  readonly withinMs?: number;
}

const LOOK_EVERY_MS = 500;
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

/**
 * New runs begin on this version from now on, and open runs move to it when they continue as new
 * (Temporal 1.30 and newer; older ones keep a run with its version to its end). A version is known when
 * one of its workers has asked for work.
 *
 * @throws ClientError (`not-found`) where no worker of it is there; (`unavailable`)
 */
export async function useWorkerVersion(
  { temporal, namespace }: OstinatoConnection,
  { deployment = DEFAULT_DEPLOYMENT, buildId, withinMs = 10_000 }: WorkerVersionName,
): Promise<void> {
  const { workflowService } = temporal.connection;
  const until = performance.now() + withinMs;
  for (;;) {
    try {
      await workflowService.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName: deployment,
        buildId,
        ignoreMissingTaskQueues: true,
      });
      return;
    } catch (error) {
      const { code } = error as { readonly code?: number };
      const isMissing = code === NOT_FOUND || code === FAILED_PRECONDITION;
      if (!isMissing || performance.now() >= until)
        throw refused(error, isMissing, `${deployment}.${buildId}`);
    }
    await wait(LOOK_EVERY_MS);
  }
}

function refused(error: unknown, isMissing: boolean, version: string): ClientError {
  return isMissing
    ? new ClientError(
        'not-found',
        `No worker of version ${version} is there. Start one with OSTINATO_BUILD_ID set to it.`,
        error,
      )
    : new ClientError(
        'unavailable',
        `Temporal did not make ${version} the current version: ${describeFailure(error)}`,
        error,
      );
}
