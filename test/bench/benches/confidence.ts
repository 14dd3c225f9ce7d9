import { createMiniLmEmbedder } from '../../../services/embeddings/mini-lm-embedder.ts';
import type { FitEvidence } from '../../../services/registry/search/fit-evidence.ts';
import { MODEL_DIR } from '../../support/cache-dir.ts';
import type { Bench, BenchContext, BenchRow } from '../bench.ts';
import { createArms } from '../support/arms.ts';
import type { Example } from '../support/fit-logistic.ts';
import { chanceOf, fitLogistic } from '../support/fit-logistic.ts';
import { goldServersOf } from '../support/gold-servers.ts';
import { mean } from '../support/measures.ts';
import { createRememberingEmbedder } from '../support/remembering-embedder.ts';
import type { RetrievalSet } from '../support/retrieval-set.ts';
import { readRetrievalSets } from '../support/retrieval-set.ts';

const FALSE_REFUSALS = 0.05;
const NAMES = ['nearest', 'lead', 'covered', 'coveredByBest'] as const;

/** Evidence of each request of a set, with its tools and without them. */
interface SetEvidence {
  readonly name: string;
  readonly fitting: readonly (readonly number[])[];
  readonly lost: readonly (readonly number[])[];
}

export const bench: Bench = {
  summary: 'fits the weights of "nothing fits", and measures each set with what the others give',
  async run({ dataDir, note }) {
    const embedder = createRememberingEmbedder(createMiniLmEmbedder({ modelDir: MODEL_DIR }));
    const sets: SetEvidence[] = [];
    for (const set of await readRetrievalSets(dataDir())) {
      if (set.queries.length === 0) continue;
      note(`${set.name}: ${set.queries.length} requests, each with and without its tools`);
      sets.push(await gather(set, embedder));
    }
    await embedder.close();
    printWeights(sets, note);
    return sets.flatMap((set) => {
      const others = sets.filter((other) => other !== set);
      const weights = fitLogistic(others.flatMap(toExamples));
      return refusals(`${set.name}-nofit/left-out`, set, weights, thresholdOf(others, weights));
    });
  },
};

async function gather(
  set: RetrievalSet,
  embedder: ReturnType<typeof createRememberingEmbedder>,
): Promise<SetEvidence> {
  const arm = (await createArms(set.tools, embedder)).find(({ name }) => name === 'ostinato');
  const fitting: (readonly number[])[] = [];
  const lost: (readonly number[])[] = [];
  for (const query of set.queries) {
    const whole = await arm?.find(query.text, 1);
    const without = await arm?.find(query.text, 1, goldServersOf(set, query));
    if (whole?.evidence) fitting.push(toValues(whole.evidence));
    if (without?.evidence) lost.push(toValues(without.evidence));
  }
  return { name: set.name, fitting, lost };
}

function toValues(evidence: FitEvidence): readonly number[] {
  return NAMES.map((name) => evidence[name]);
}

/** Every set counts the same, and so do its two halves. */
function toExamples({ fitting, lost }: SetEvidence): Example[] {
  const half = (all: readonly (readonly number[])[], isPositive: boolean): Example[] =>
    all.map((values) => ({ values, isPositive, weight: 1 / all.length }));
  return [...half(fitting, true), ...half(lost, false)];
}

/** The one chance under which, over the sets in the mean, 5 % of what fits is refused. */
function thresholdOf(sets: readonly SetEvidence[], weights: readonly number[]): number {
  const all = sets.flatMap(({ fitting }) =>
    fitting.map((values) => ({ chance: chanceOf(weights, values), share: 1 / fitting.length })),
  );
  all.sort((a, b) => a.chance - b.chance);
  let refused = 0;
  for (const { chance, share } of all) {
    refused += share / sets.length;
    if (refused > FALSE_REFUSALS) return chance;
  }
  return 0;
}

/**
 * `refused` by the set's own threshold for 5 % false refusals, as bench `retrieval` has it;
 * `refused_blind` and `refused_false` by the threshold of the other sets.
 */
function refusals(
  name: string,
  { fitting, lost }: SetEvidence,
  weights: readonly number[],
  blind: number,
): BenchRow[] {
  const chances = fitting.map((values) => chanceOf(weights, values)).sort((a, b) => a - b);
  const own = chances[Math.floor(chances.length * FALSE_REFUSALS)] ?? 0;
  const below = (all: readonly (readonly number[])[], threshold: number): number =>
    100 * mean(all.map((values) => (chanceOf(weights, values) < threshold ? 1 : 0)));
  return [
    { case: name, measure: 'refused', value: below(lost, own), unit: '%' },
    { case: name, measure: 'refused_blind', value: below(lost, blind), unit: '%' },
    { case: name, measure: 'refused_false', value: below(fitting, blind), unit: '%' },
  ];
}

function printWeights(sets: readonly SetEvidence[], note: BenchContext['note']): void {
  const weights = fitLogistic(sets.flatMap(toExamples));
  const named = [...NAMES, 'bias'].map((name, i) => `${name} ${(weights[i] ?? 0).toFixed(3)}`);
  note(`weights of all sets: ${named.join(', ')}`);
  note(`threshold: ${thresholdOf(sets, weights).toFixed(3)}`);
  const leads = sets.map(({ fitting }) => mean(fitting.map((values) => values[1] ?? 0)));
  note(`usual lead: ${mean(leads).toFixed(3)}`);
}
