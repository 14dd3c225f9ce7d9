// Hits at an equal share of wrong hits, over labelled pairs of questions: the first of a pair is kept,
// the second is asked. One half of the pairs teaches, the other one is measured. A wrong hit is counted
// as a share of all requests. And equal calls at once, over several workers.
import { createMiniLmEmbedder } from '../../../services/embeddings/mini-lm-embedder.ts';
import { dot } from '../../../services/registry/index/nearest.ts';
import { MODEL_DIR } from '../../support/cache-dir.ts';
import type { Bench, BenchContext, BenchRow } from '../bench.ts';
import type { Judged } from '../support/cache/policies.ts';
import { hitsAt, POLICIES, served } from '../support/cache/policies.ts';
import type { LabelledPair, PairSet } from '../support/cache/read-pairs.ts';
import { readPairSets } from '../support/cache/read-pairs.ts';
import { measureStampede } from '../support/cache/stampede.ts';
import { createRandom } from '../support/random.ts';

/** As many as are embedded in about a minute. */
const MAX_PAIRS = 8_000;
const ERRORS = [1, 2];

export const bench: Bench = {
  summary: 'hits at an equal share of wrong ones, beside a fixed cosine; equal calls at once',
  async run({ dataDir, note }) {
    const sets = await readPairSets(dataDir());
    if (sets.length === 0) {
      note(
        'No labelled pairs: the licence of the public ones does not let them be passed on. Put them in ' +
          'DIR/pairs: SET/pairs.jsonl with lines {a, b, same}, or similiar_qqp_full.json.gz of GPTCache ' +
          '(zilliztech/GPTCache, examples/benchmark). Only the stampede is measured.',
      );
    }
    const rows: BenchRow[] = [];
    for (const set of sets) rows.push(...(await measureSet(set, sets.length > 1, note)));
    const { calls } = await measureStampede();
    rows.push({ case: 'stampede', measure: 'calls', value: calls, unit: '' });
    return rows;
  },
};

async function measureSet(
  set: PairSet,
  isOneOfMany: boolean,
  note: BenchContext['note'],
): Promise<BenchRow[]> {
  const judged = await judge(shuffled(set.pairs).slice(0, MAX_PAIRS));
  const half = Math.floor(judged.length / 2);
  const [learning, asked] = [judged.slice(0, half), judged.slice(half)];
  note(`${set.name}: ${learning.length} pairs teach, ${asked.length} are measured`);
  return Object.entries(POLICIES).flatMap(([name, create]) => {
    const policy = create();
    // Each is scored before its label is seen, as it would have been in use.
    const learned = learning.map((pair) => {
      const scored = { score: policy.score(pair), same: pair.same };
      policy.learn(pair);
      return scored;
    });
    const scored = asked.map((pair) => ({ score: policy.score(pair), same: pair.same }));
    return ERRORS.flatMap((percent) => {
      const real = served(learned, scored, percent / 100);
      const row = (measure: string, value: number): BenchRow => ({
        case: isOneOfMany ? `pairs-${set.name}/${name}` : `pairs/${name}`,
        measure: `${measure}@${percent}`,
        value,
        unit: '%',
      });
      return [
        row('hits', hitsAt(scored, percent / 100)),
        row('served', real.hits),
        row('wrong', real.wrong),
      ];
    });
  });
}

async function judge(pairs: readonly LabelledPair[]): Promise<Judged[]> {
  const embedder = createMiniLmEmbedder({ modelDir: MODEL_DIR });
  const texts = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const vectors = await embedder.embed(texts);
  await embedder.close();
  const vectorOf = new Map(texts.map((text, index) => [text, vectors[index] as Float32Array]));
  return pairs.map((pair) => ({
    ...pair,
    cosine: dot(vectorOf.get(pair.a) as Float32Array, vectorOf.get(pair.b) as Float32Array),
  }));
}

/** Files are often sorted by label. */
function shuffled<T>(items: readonly T[]): T[] {
  const random = createRandom(11);
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as T, mixed[last] as T];
  }
  return mixed;
}
