import { createMiniLmEmbedder } from '../../../services/embeddings/mini-lm-embedder.ts';
import { MODEL_DIR } from '../../support/cache-dir.ts';
import type { Bench, BenchContext, BenchRow } from '../bench.ts';
import type { Arm } from '../support/arms.ts';
import { createArms } from '../support/arms.ts';
import { interval } from '../support/bootstrap.ts';
import { goldServersOf } from '../support/gold-servers.ts';
import { complete, firstHit, mean, ndcg, recall } from '../support/measures.ts';
import { createRememberingEmbedder } from '../support/remembering-embedder.ts';
import type { RetrievalSet, SetTask } from '../support/retrieval-set.ts';
import { readRetrievalSets } from '../support/retrieval-set.ts';

const K = 5;
const TOOLS_A_REQUEST = 3;
const FALSE_REFUSALS = 0.05;

export const bench: Bench = {
  summary: 'finding the right tools: every labelled set, plain methods beside the default',
  async run({ dataDir, note }) {
    const embedder = createRememberingEmbedder(createMiniLmEmbedder({ modelDir: MODEL_DIR }));
    const rows: BenchRow[] = [];
    for (const set of await readRetrievalSets(dataDir())) {
      if (set.queries.length === 0 && set.tasks.length === 0) continue;
      note(`${set.name}: ${set.tools.length} tools, ${set.queries.length} requests`);
      const arms = await createArms(set.tools, embedder);
      for (const arm of arms) {
        rows.push(...(await measureQueries(set, arm, note)));
        rows.push(...(await measureRefusals(set, arm, note)));
      }
      if (set.tasks.length > 0) rows.push(...(await measureTasks(set, arms, note)));
    }
    await embedder.close();
    return rows;
  },
};

type Note = BenchContext['note'];

/** Whole requests, five tools each. */
async function measureQueries(set: RetrievalSet, arm: Arm, note: Note): Promise<BenchRow[]> {
  const startedMs = performance.now();
  const figures: Record<'recall@5' | 'ndcg@5' | 'hit@1' | 'complete@5', number[]> = {
    'recall@5': [],
    'ndcg@5': [],
    'hit@1': [],
    'complete@5': [],
  };
  for (const { text, gold: ids } of set.queries) {
    const { ids: shown } = await arm.find(text, K);
    const gold = new Set(ids);
    figures['recall@5'].push(recall(shown, gold));
    figures['ndcg@5'].push(ndcg(shown, gold, K));
    figures['hit@1'].push(firstHit(shown, gold));
    figures['complete@5'].push(complete(shown, gold));
  }
  return toRows(`${set.name}/${arm.name}`, figures, startedMs, note);
}

/**
 * Each request once as it is and once with its tools' servers taken out (its tools, where a set has
 * no servers): how many of the latter are refused by the lowest confidence that refuses 5 % of the
 * former.
 */
async function measureRefusals(set: RetrievalSet, arm: Arm, note: Note): Promise<BenchRow[]> {
  if (set.queries.length === 0) return [];
  const startedMs = performance.now();
  const fitting: number[] = [];
  const lost: number[] = [];
  for (const query of set.queries) {
    fitting.push((await arm.find(query.text, K)).confidence);
    lost.push((await arm.find(query.text, K, goldServersOf(set, query))).confidence);
  }
  const threshold = fitting.toSorted((a, b) => a - b)[Math.floor(fitting.length * FALSE_REFUSALS)];
  const refused = lost.map((confidence) => (confidence < (threshold ?? 0) ? 1 : 0));
  return toRows(`${set.name}-nofit/${arm.name}`, { refused }, startedMs, note);
}

/** The requests that a model wrote while it worked on a task, three tools each, put together. */
async function measureTasks(
  set: RetrievalSet,
  arms: readonly Arm[],
  note: Note,
): Promise<BenchRow[]> {
  const nameOf = new Map(set.tools.map(({ id, name }) => [id, name]));
  const measure = async (
    name: string,
    show: (task: SetTask) => Promise<readonly string[]>,
  ): Promise<BenchRow[]> => {
    const startedMs = performance.now();
    const figures: Record<'coverage' | 'complete' | 'shown', number[]> = {
      coverage: [],
      complete: [],
      shown: [],
    };
    for (const task of set.tasks) {
      const shown = new Set(await show(task));
      const names = [...shown].map((id) => nameOf.get(id) ?? id);
      const gold = new Set(task.gold);
      figures.coverage.push(recall(names, gold));
      figures.complete.push(complete(names, gold));
      figures.shown.push(shown.size);
    }
    return toRows(`${set.name}-active/${name}`, figures, startedMs, note);
  };
  const rows = await measure('paper', ({ shownByPaper }) => Promise.resolve(shownByPaper.flat()));
  for (const arm of arms) {
    const all = async ({ requests }: SetTask): Promise<string[]> => {
      const found = await Promise.all(
        requests.map((request) => arm.find(request, TOOLS_A_REQUEST)),
      );
      return found.flatMap(({ ids }) => ids);
    };
    rows.push(...(await measure(arm.name, all)));
  }
  return rows;
}

function toRows(
  name: string,
  figures: Readonly<Record<string, readonly number[]>>,
  startedMs: number,
  note: Note,
): BenchRow[] {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const rows = Object.entries(figures)
    .filter(([, values]) => values.length > 0)
    .map(([measure, values]) => {
      const unit = measure === 'shown' ? '' : '%';
      const scale = unit === '%' ? 100 : 1;
      const [low, high] = interval(values).map((value) => (scale * value).toFixed(1));
      return {
        row: { case: name, measure, value: scale * mean(values), unit },
        text: `${measure} ${(scale * mean(values)).toFixed(1)} (${low} to ${high})`,
      };
    });
  if (rows.length > 0) note(`  ${name}: ${rows.map(({ text }) => text).join(', ')}; ${seconds} s`);
  return rows.map(({ row }) => row);
}
