import { Runtime, DefaultLogger } from '@temporalio/worker';
import type { Worker, WorkerOptions } from '@temporalio/worker';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import type { WorkerActivities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { connect } from '../../client/index.ts';
import { DEFAULT_TASK_QUEUE } from '../../common/names.ts';
import { connectWorker } from '../../workers/connect-worker.ts';
import type { WorkerVersion } from '../../workers/create-workers.ts';
import { createWorkers } from '../../workers/create-workers.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { startTemporalServer } from '../../workers/temporal-server.ts';
import { workflowBundle } from '../../workers/workflow-bundle.ts';
import { CACHE_DIR } from './cache-dir.ts';
import { freePort } from './free-port.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

export const ONE_QUEUE = {
  agent: DEFAULT_TASK_QUEUE,
  tool: DEFAULT_TASK_QUEUE,
  llm: DEFAULT_TASK_QUEUE,
} as const;

/** The real server, without a Web UI. @param dbFile default: in memory */
export async function startTemporal(dbFile: string | null = null): Promise<TemporalServer> {
  const cached = join(CACHE_DIR, 'bin', 'temporal');
  const command = existsSync(cached) ? cached : 'temporal';
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startTemporalServer({ command, port: await freePort(), uiPort: null, dbFile });
    } catch (error) {
      // Another test may have taken the port, or one of those that the server picks itself.
      if (attempt === 3) throw error;
    }
  }
}

export interface RunningWorkers {
  readonly workers: readonly Worker[];
  stop(): Promise<void>;
}

/**
 * Workers in this process with the given activities.
 * @param maxCachedWorkflows the default of 2 runs forces replays; `null` is Temporal's own
 * @param bundle default: the engine's workflows
 * @param version of the code; default: none
 */
export async function startWorkers(
  address: string,
  activities: WorkerActivities,
  maxCachedWorkflows: number | null = 2,
  interceptors: WorkerOptions['interceptors'] = {},
  bundle: string | null = null,
  version?: WorkerVersion,
): Promise<RunningWorkers> {
  const connection = await connectWorker(address);
  const workers = await createWorkers({
    connection,
    namespace: 'default',
    queues: ONE_QUEUE,
    kinds: ['agent', 'tool', 'llm'],
    activities,
    interceptors,
    version,
    workflowBundle: bundle ?? (await workflowBundle(CACHE_DIR)),
    ...(maxCachedWorkflows === null ? {} : { tuning: { maxCachedWorkflows } }),
  });
  const running = workers.map((worker) => worker.run());
  return {
    workers,
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all(running);
      await connection.close();
    },
  };
}

export function connectTo(address: string): Promise<OstinatoConnection> {
  return connect({ address });
}
