// Proves that a batch is closed whatever becomes of its parts, and once nothing writes to it any more:
// real Temporal server, real workflows, fake activities whose chunks end when they are told.
import { Context } from '@temporalio/activity';
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OstinatoConnection } from '../../client/index.ts';
import { batchHandle } from '../../client/index.ts';
import type { BatchStart } from '../../client/batches.ts';
import { startBatch } from '../../client/batches.ts';
import type { CloseBatchInput, RunBatchChunkInput } from '../../common/batch.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { LIMITS } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

const SHARDS = [0, 25, 50];

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
/** What happened, in order: `begin 0`, `end 0`, `close`. */
const seen: string[] = [];
let closed: CloseBatchInput | null = null;
/** How long a chunk goes on after it was told to stop. */
let lingering: (from: number) => Promise<void>;

const activities = {
  openBatch: async () => ({ total: 75, mode: 'light', problem: null }),
  async runBatchChunk({ from }: RunBatchChunkInput) {
    seen.push(`begin ${from}`);
    const beat = setInterval(() => Context.current().heartbeat(), 100);
    try {
      return await Context.current().cancelled;
    } finally {
      clearInterval(beat);
      await lingering(from);
      seen.push(`end ${from}`);
    }
  },
  async closeBatch(input: CloseBatchInput) {
    seen.push('close');
    closed = input;
    const outcome = input.cancelReason === null ? 'failed' : 'cancelled';
    const counts = { total: 75, done: 0, failed: 75, cancelled: 0 };
    return { outcome, reason: input.problem, ...counts, problems: [], wallMs: 1 };
  },
};

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities as never);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  seen.length = 0;
  closed = null;
  lingering = () => Promise.resolve();
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

async function start(): Promise<string> {
  const batchId = ulid();
  const batch: BatchStart = {
    ...{ batchId, source: { kind: 'stored' }, round: 1 },
    work: { kind: 'goal', goal: 'Read ${item}' },
    settings: { agent: 'batch', concurrency: 3, ratePerSecond: null, mode: null, limits: LIMITS },
  };
  await startBatch(ostinato, batch);
  await waitFor('all parts at work', () => seen.length === SHARDS.length);
  return batchId;
}

describe('runBatch', () => {
  it('a part of it is terminated → the others stop, it is closed as failed, and says why', async () => {
    const batchId = await start();
    const shard = `t:default:batch:${batchId}:shard:25`;
    await ostinato.temporal.workflow.getHandle(shard).terminate('by hand');
    const result = await batchHandle(ostinato, batchId).result();
    expect(result).toMatchObject({ outcome: 'failed' });
    expect(closed?.problem).toMatch(/terminated/i);
    expect(seen).toEqual(expect.arrayContaining(['end 0', 'end 50']));
    expect(seen.at(-1)).toBe('close');
  });

  it('cancelled, and one part takes longer to stop → it is closed after that', async () => {
    const batchId = await start();
    const slow = Promise.withResolvers<void>();
    lingering = (from) => (from === 50 ? slow.promise : Promise.resolve());
    await batchHandle(ostinato, batchId).cancel('enough');
    await waitFor('the quick parts', () => seen.includes('end 0') && seen.includes('end 25'));
    const parts = ['0', '25'].map((from) => `t:default:batch:${batchId}:shard:${from}`);
    await waitFor('their ends', async () => {
      const all = await Promise.all(
        parts.map((id) => ostinato.temporal.workflow.getHandle(id).describe()),
      );
      return all.every(({ status }) => status.name !== 'RUNNING');
    });
    // A question that is answered by a look at all that came before.
    expect(await batchHandle(ostinato, batchId).progress()).toMatchObject({ phase: 'running' });
    expect(seen).not.toContain('close');
    slow.resolve();
    expect(await batchHandle(ostinato, batchId).result()).toMatchObject({ outcome: 'cancelled' });
    expect(seen.at(-1)).toBe('close');
  });
});
