// A worker as a process of its own, with everything real: `node worker.ts '{"failpoint": …}'`.
// It says "ready" on standard output, and may kill itself at a failpoint of the effect ledger.
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createActivities } from '../../../../activities/index.ts';
import { loadConfig } from '../../../../services/config.ts';
import { createLogger } from '../../../../services/telemetry/logger.ts';
import type { Failpoint } from '../../../../services/tools/call-with-effect.ts';
import { assemble } from '../../../../workers/assemble.ts';
import { connectWorker } from '../../../../workers/connect-worker.ts';
import { createWorkers } from '../../../../workers/create-workers.ts';
import { workerInterceptors } from '../../../../workers/worker-interceptors.ts';
import { workflowBundle } from '../../../../workers/workflow-bundle.ts';

export interface ChaosWorkerOptions {
  /** The process kills itself the n-th time that it gets there; `null`: never. */
  readonly failpoint: { readonly at: Failpoint; readonly time: number } | null;
}

const { failpoint } = JSON.parse(process.argv[2] ?? '{"failpoint":null}') as ChaosWorkerOptions;
let reached = 0;

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const config = loadConfig(process.env);
const services = await assemble({
  config,
  env: process.env,
  log: createLogger({ level: 'silent', pretty: false, name: 'chaos' }),
  failpoint(point) {
    if (point !== failpoint?.at) return;
    reached += 1;
    if (reached === failpoint.time) process.kill(process.pid, 'SIGKILL');
  },
});
const workers = await createWorkers({
  connection: await connectWorker(config.temporal.address),
  namespace: config.temporal.namespace,
  queues: config.queues,
  kinds: ['agent', 'tool', 'llm'],
  activities: createActivities(services),
  workflowBundle: await workflowBundle(config.cacheDir),
  interceptors: workerInterceptors(services),
});
process.stdout.write('ready\n');
await Promise.all(workers.map((worker) => worker.run()));
