import { batchHandle, startBatch } from '../../../client/batches.ts';
import type { BatchMode } from '../../../common/batch.ts';
import { LIMITS } from '../../support/plans.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Recorder } from '../recorder.ts';

/** In both modes, to the end and cancelled: each workflow of a batch has a history of its own. */
export async function recordBatches(recorder: Recorder): Promise<void> {
  const { ostinato, save } = recorder;
  for (const mode of ['light', 'runs'] as const) {
    const id = await begin(recorder, mode, mode);
    await batchHandle(ostinato, mode).result();
    await save(`run-batch-${mode}`, id);
    await save(`run-batch-shard-${mode}`, `${id}:shard:0`);
    if (mode === 'light') continue;
    await save('run-batch-item', `${id}:item:0`);
    await save('run-batch-item-ended', `${id}:item:3`);
  }
  const held = await begin(recorder, 'held', 'light');
  const handle = batchHandle(ostinato, 'held');
  await waitFor('its shards to run', async () => (await handle.progress()).phase === 'running');
  await handle.cancel('recorded');
  await handle.result();
  await save('run-batch-cancelled', held);
}

async function begin(
  { modes, ostinato }: Recorder,
  batchId: string,
  mode: BatchMode,
): Promise<string> {
  modes.set(batchId, mode);
  const settings = {
    ...{ agent: 'batch', concurrency: 6, ratePerSecond: 200, mode: null, limits: LIMITS },
  };
  const work = { kind: 'goal', goal: '${item}' } as const;
  await startBatch(ostinato, { batchId, work, source: { kind: 'stored' }, settings, round: 1 });
  return `t:default:batch:${batchId}`;
}
