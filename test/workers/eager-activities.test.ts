// Proves that a worker which serves workflows and activities on one queue gets activities with the
// answer to the workflow task that asked for them, and that this can be switched off: a real Temporal
// server, whose own metrics count such starts, and the engine's workers as they are configured.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WorkerActivities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { runPlan } from '../../client/index.ts';
import type { TaskQueues } from '../../common/agent.ts';
import { connectWorker } from '../../workers/connect-worker.ts';
import { createWorkers } from '../../workers/create-workers.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { startTemporalServer } from '../../workers/temporal-server.ts';
import { workflowBundle } from '../../workers/workflow-bundle.ts';
import { CACHE_DIR } from '../support/cache-dir.ts';
import { freePort } from '../support/free-port.ts';
import { plan, step, textResult } from '../support/plans.ts';
import { connectTo, ONE_QUEUE } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

/** More than the SDK starts so by itself. */
const WIDTH = 12;

let dir: string;
let metricsUrl: string;
let temporal: TemporalServer;
let ostinato: OstinatoConnection;

const activities = {
  callTool: async () => textResult('done'),
  checkPlan: async () => plan(),
  planGoal: () => Promise.reject(new Error('not used here')),
} satisfies WorkerActivities;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-eager-'));
  const metrics = await freePort();
  const command = join(dir, 'temporal');
  const server = join(CACHE_DIR, 'bin', 'temporal');
  await writeFile(command, `#!/bin/sh\nexec "${server}" "$@" --metrics-port ${metrics}\n`);
  await chmod(command, 0o755);
  temporal = await startTemporalServer({
    ...{ command, port: await freePort(), uiPort: null, dbFile: null },
  });
  metricsUrl = `http://127.0.0.1:${metrics}/metrics`;
  ostinato = await connectTo(temporal.address);
});

afterAll(async () => {
  await ostinato?.close();
  await temporal?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Sums of what the server has counted since it began. */
async function counted(): Promise<{ readonly eager: number; readonly polled: number }> {
  const lines = (await (await fetch(metricsUrl)).text()).split('\n');
  const sum = (name: string, ...labels: readonly string[]): number =>
    lines
      .filter((line) => line.startsWith(`${name}{`) && labels.every((one) => line.includes(one)))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  return {
    eager: sum('activity_eager_execution'),
    polled: sum('poll_success', 'task_type="Activity"', 'partition="0"'),
  };
}

/** How the activities of one plan came to the worker, all steps of which may start at once. */
async function startsOf(queues: TaskQueues) {
  const connection = await connectWorker(temporal.address);
  const workers = await createWorkers({
    ...{ connection, namespace: 'default', queues, kinds: ['agent', 'tool', 'llm'], activities },
    workflowBundle: await workflowBundle(CACHE_DIR),
  });
  const running = workers.map((worker) => worker.run());
  const before = await counted();
  try {
    const steps = Array.from({ length: WIDTH }, (_, at) => step(`s${at}`));
    const request = { plan: { steps: [{ id: 'a', tool: 'fake/tool' }] }, runId: ulid() };
    const limits = { maxParallel: WIDTH };
    const run = await runPlan({ ...ostinato, queues }, { ...request, limits }, plan(...steps));
    expect((await run.result()).outcome).toBe('completed');
    // The server adds up its counts once a second.
    return await waitFor('the server to have counted all', async () => {
      const now = await counted();
      const eager = now.eager - before.eager;
      const polled = now.polled - before.polled;
      return eager + polled >= WIDTH ? { eager, polled } : null;
    });
  } finally {
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
    await connection.close();
  }
}

it('one worker serves the queue of both → every activity comes with the answer to the workflow task', async () => {
  expect(await startsOf(ONE_QUEUE)).toEqual({ eager: WIDTH, polled: 0 });
});

it('tools have a queue of their own → each is polled for', async () => {
  expect(await startsOf({ ...ONE_QUEUE, tool: 'tools-apart' })).toEqual({
    ...{ eager: 0, polled: WIDTH },
  });
});
