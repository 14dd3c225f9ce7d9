// Records histories of batches for replay.test.ts: `node test/replay/record-batches.ts`, in both
// modes, to the end and cancelled. Each workflow of a batch has a history of its own.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Context, heartbeat } from '@temporalio/activity';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkerActivities } from '../../activities/index.ts';
import { batchHandle, startBatch } from '../../client/batches.ts';
import type { BatchCounts, BatchMode } from '../../common/batch.ts';
import { LIMITS, plan, step, TENANT, textResult } from '../support/plans.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

const RELEASE = '0.1.0';
const ITEMS = 60;

const modes = new Map<string, BatchMode>();
const none: BatchCounts = { done: 0, failed: 0, cancelled: 0 };

const activities = {
  callTool: async () => textResult('done'),
  checkPlan: async () => plan(step('checked')),
  planGoal: async () => {
    throw new Error('not used here');
  },
  openBatch: async ({ batchId }) => ({
    total: ITEMS,
    mode: modes.get(batchId) ?? 'light',
    problem: null,
  }),
  runBatchChunk: async ({ batchId, from, to }) => {
    if (batchId.startsWith('held')) await untilCancelled();
    return { ...none, done: to - from };
  },
  listBatchItems: async ({ from, to }) => ({
    waiting: Array.from({ length: Math.min(4, to - from) }, (_, at) => from + at),
    counts: { ...none, failed: Math.max(0, to - from - 4) },
  }),
  prepareBatchItem: async ({ batchId, index }) =>
    index % 4 === 3
      ? { kind: 'ended', outcome: 'failed' }
      : {
          kind: 'plan',
          runId: `${batchId}.${index}`,
          input: {
            tenant: TENANT,
            agent: 'batch',
            plan: plan(step('a')),
            written: null,
            limits: LIMITS,
            queues: ONE_QUEUE,
          },
        },
  endBatchItem: async () => undefined,
  failBatchRange: async ({ from, to }) => ({ ...none, failed: to - from }),
  closeBatch: async ({ cancelReason }) => ({
    ...{ outcome: cancelReason === null ? 'partial' : 'cancelled', reason: cancelReason },
    ...{ total: ITEMS, done: 40, failed: 20, cancelled: 0, problems: [], wallMs: 1 },
  }),
} satisfies WorkerActivities;

async function untilCancelled(): Promise<never> {
  const beat = setInterval(() => heartbeat(), 100);
  return Context.current().cancelled.finally(() => clearInterval(beat));
}

const temporal = await startTemporal();
const workers = await startWorkers(temporal.address, activities);
const ostinato = await connectTo(temporal.address);

async function save(name: string, workflowId: string): Promise<void> {
  const history = await ostinato.temporal.workflow.getHandle(workflowId).fetchHistory();
  const file = join(import.meta.dirname, 'histories', `${name}-${RELEASE}.json`);
  // Names of the recording machine say nothing about the run.
  const text = historyToJSON(history).replaceAll(/"identity": "[^"]*"/g, '"identity": "recorder"');
  await writeFile(file, `${text}\n`);
  console.log(`${name}: ${history.events?.length} events`);
}

async function begin(batchId: string, mode: BatchMode): Promise<string> {
  modes.set(batchId, mode);
  const settings = {
    agent: 'batch',
    concurrency: 6,
    ratePerSecond: 200,
    mode: null,
    limits: LIMITS,
  };
  const work = { kind: 'goal', goal: '${item}' } as const;
  await startBatch(ostinato, { batchId, work, source: { kind: 'stored' }, settings, round: 1 });
  return `t:default:batch:${batchId}`;
}

try {
  for (const mode of ['light', 'runs'] as const) {
    const id = await begin(mode, mode);
    await batchHandle(ostinato, mode).result();
    await save(`run-batch-${mode}`, id);
    await save(`run-batch-shard-${mode}`, `${id}:shard:0`);
    if (mode === 'light') continue;
    await save('run-batch-item', `${id}:item:0`);
    await save('run-batch-item-ended', `${id}:item:3`);
  }
  const held = await begin('held', 'light');
  const handle = batchHandle(ostinato, 'held');
  await waitFor('its shards to run', async () => (await handle.progress()).phase === 'running');
  await handle.cancel('recorded');
  await handle.result();
  await save('run-batch-cancelled', held);
} finally {
  await ostinato.close();
  await workers.stop();
  await temporal.stop();
}
