// A batch of 10,000 items, each one call of a tool that must not be repeated, by a local server that
// writes every effect to a journal of its own. The journal is the judge: an item without an effect is
// lost, one with two is doubled. Beside it the same calls by a hand-written workflow on bare Temporal
// (one activity an item, the same window), and the same batch with a run for each item.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startBatch } from '../../../client/batches.ts';
import { toBatch } from '../../../client/batch-request.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { storeItems } from '../../../services/batches/store-items.ts';
import type { Engine } from '../../support/engine.ts';
import { startEngine } from '../../support/engine.ts';
import type { Bench, BenchRow } from '../bench.ts';
import { runBare } from '../support/batch/run-bare.ts';
import { watchMemory } from '../support/batch/watch-memory.ts';

const ITEMS = Number(process.env['OSTINATO_BENCH_ITEMS'] ?? 10_000);
const CONCURRENCY = 20;
/** Two workflows an item: enough to say what an item costs. */
const RUNS = Math.min(ITEMS, 400);

const SERVER = join(import.meta.dirname, '..', '..', 'support', 'journal-server.ts');

export const bench: Bench = {
  summary: '10,000 items through a local tool: lost, doubled, items/s, beside bare Temporal',
  async run({ note }) {
    const rows: BenchRow[] = [];
    for (const [name, measure] of CASES) {
      const engine = await startEngine(bank());
      try {
        rows.push(...(await measure(name, engine)));
      } finally {
        await engine.stop();
      }
      note(`${name}: ${rows.findLast((row) => row.measure === 'items_per_s')?.value} items/s`);
    }
    return rows;
  },
};

type Case = (name: string, engine: Engine) => Promise<BenchRow[]>;

const CASES: readonly (readonly [string, Case])[] = [
  ['10000', (name, engine) => measureBatch(name, engine, ITEMS, 'light')],
  ['10000-bare', (name, engine) => measureBare(name, engine)],
  ['10000-runs', (name, engine) => measureBatch(name, engine, RUNS, 'runs')],
];

let journal = '';

function bank(): Readonly<Record<string, object>> {
  journal = join(
    process.env['TMPDIR'] ?? '/tmp',
    `ostinato-bench-${process.pid}-${Date.now()}.log`,
  );
  return {
    bank: {
      command: process.execPath,
      args: [SERVER, journal],
      effects: { pay: 'non-idempotent' },
    },
  };
}

async function measureBatch(
  name: string,
  engine: Engine,
  items: number,
  mode: 'light' | 'runs',
): Promise<BenchRow[]> {
  const batch = toBatch(engine.ostinato, {
    plan: { steps: [{ id: 'pay', tool: 'bank/pay', args: { amount: '${item.amount}' } }] },
    concurrency: CONCURRENCY,
    mode,
  });
  const { batchStore } = engine.services;
  await batchStore.create(DEFAULT_TENANT_ID, batch);
  await storeItems(
    batchStore,
    DEFAULT_TENANT_ID,
    batch.batchId,
    lines(items),
    new AbortController().signal,
  );
  const memory = watchMemory();
  const startedMs = performance.now();
  const handle = await startBatch(engine.ostinato, { ...batch, round: 1 });
  const result = await handle.result();
  const seconds = (performance.now() - startedMs) / 1000;
  const growth = memory.stop();
  const judged = await judge(items);
  if (result.done !== items) judged.lost = Math.max(judged.lost, items - result.done);
  return [
    ...rowsOf(name, judged, items / seconds),
    ...(mode === 'light' ? [{ case: name, measure: 'rss_growth', value: growth, unit: 'x' }] : []),
  ];
}

async function measureBare(name: string, engine: Engine): Promise<BenchRow[]> {
  const seconds = await runBare(engine, ITEMS, CONCURRENCY);
  return rowsOf(name, await judge(ITEMS), ITEMS / seconds);
}

function rowsOf(name: string, judged: Judged, perSecond: number): BenchRow[] {
  return [
    { case: name, measure: 'lost', value: judged.lost, unit: '' },
    { case: name, measure: 'doubled', value: judged.doubled, unit: '' },
    { case: name, measure: 'items_per_s', value: perSecond, unit: '1/s' },
  ];
}

async function* lines(count: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at += 1) {
    yield Buffer.from(`${JSON.stringify({ amount: at, note: 'x'.repeat(200) })}\n`);
  }
}

interface Judged {
  lost: number;
  doubled: number;
}

async function judge(items: number): Promise<Judged> {
  const counts = new Map<number, number>();
  for (const line of (await readFile(journal, 'utf8')).split('\n')) {
    if (line === '') continue;
    const entry = JSON.parse(line) as { kind: string; args?: { amount: number } };
    if (entry.kind !== 'request') continue;
    const amount = entry.args?.amount ?? -1;
    counts.set(amount, (counts.get(amount) ?? 0) + 1);
  }
  await writeFile(journal, '');
  const doubled = [...counts.values()].filter((count) => count > 1).length;
  return { lost: items - counts.size, doubled };
}
