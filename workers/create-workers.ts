import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import type { WorkerActivities } from '../activities/index.ts';
import type { TaskQueues } from '../common/agent.ts';
import type { WorkerTuning } from '../services/config.ts';
import { loadConfig } from '../services/config.ts';
import { tunedOptions } from './worker-tuning.ts';

export type WorkerKind = keyof TaskQueues;

export interface CreateWorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly queues: TaskQueues;
  /** Which resource classes this process serves. */
  readonly kinds: readonly WorkerKind[];
  readonly activities: WorkerActivities;
  /** Path of the bundle that `workflowBundle` made. */
  readonly workflowBundle: string;
  /** @default none */
  readonly interceptors?: WorkerOptions['interceptors'];
  /** The bundle must have been made with the same. @default none */
  readonly plugins?: WorkerOptions['plugins'];
  /**
   * Runs stay with the version of the code that began them, until they continue as new. Temporal must
   * be told which version is current. @default none: any worker goes on with any run
   */
  readonly version?: WorkerVersion | undefined;
  /** @default as the configuration has it when nothing is set */
  readonly tuning?: Partial<WorkerTuning>;
}

/** A version of the code, as Temporal names them. */
export interface WorkerVersion {
  readonly deployment: string;
  readonly buildId: string;
}

/** Tools in flight when a worker is told to stop may end; the default would abort them at once. */
const SHUTDOWN_GRACE = '20 seconds';

/**
 * How long a run waits for the worker that has it in memory. Temporal's own 10 s come on top of the 10 s
 * after which a dead worker's activities are given up: measured, a kill then costs over 20 s.
 */
const STICKY_FOR = '3 seconds';

/**
 * One worker a task queue: resource classes that share a queue share a worker, which then runs
 * activities eagerly (no round trip through matching).
 */
export async function createWorkers(options: CreateWorkersOptions): Promise<readonly Worker[]> {
  const queues = new Map<string, WorkerKind[]>();
  for (const kind of options.kinds) {
    const queue = options.queues[kind];
    queues.set(queue, [...(queues.get(queue) ?? []), kind]);
  }
  return Promise.all(
    [...queues].map(([taskQueue, kinds]) => {
      const activities = activitiesOf(kinds, options.activities);
      return Worker.create({
        connection: options.connection,
        namespace: options.namespace,
        taskQueue,
        ...(kinds.includes('agent')
          ? { workflowBundle: { codePath: options.workflowBundle } }
          : {}),
        ...(Object.keys(activities).length === 0 ? {} : { activities }),
        ...(options.interceptors === undefined ? {} : { interceptors: options.interceptors }),
        ...(options.plugins === undefined ? {} : { plugins: options.plugins }),
        ...versioning(options.version),
        shutdownGraceTime: SHUTDOWN_GRACE,
        stickyQueueScheduleToStartTimeout: STICKY_FOR,
        // A cancellation reaches an activity with the answer to its heartbeat.
        maxHeartbeatThrottleInterval: '500 milliseconds',
        ...tunedOptions({ ...loadConfig({}).workers, ...options.tuning }),
      });
    }),
  );
}

function versioning(
  version: WorkerVersion | undefined,
): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (version === undefined) return {};
  const { deployment: deploymentName, buildId } = version;
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  };
}

function activitiesOf(
  kinds: readonly WorkerKind[],
  { planGoal, ...others }: WorkerActivities,
): Partial<WorkerActivities> {
  return {
    ...(kinds.includes('tool') ? others : {}),
    ...(kinds.includes('llm') ? { planGoal } : {}),
  };
}
