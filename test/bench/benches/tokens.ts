import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { createMiniLmEmbedder } from '../../../services/embeddings/mini-lm-embedder.ts';
import { toolLine } from '../../../services/registry/search/tool-line.ts';
import { MODEL_DIR } from '../../support/cache-dir.ts';
import type { Bench, BenchRow } from '../bench.ts';
import type { Arm } from '../support/arms.ts';
import { createArms } from '../support/arms.ts';
import { mean, recall } from '../support/measures.ts';
import { createRememberingEmbedder } from '../support/remembering-embedder.ts';
import type { RetrievalSet, SetTool } from '../support/retrieval-set.ts';
import { readRetrievalSets } from '../support/retrieval-set.ts';
import { toRegisteredTool } from '../support/to-registered-tool.ts';

/** Tools a request, from few to many. */
const SIZES = [1, 2, 3, 5, 8, 10, 15, 20, 30, 40];
const WANTED_COVERAGE = 0.8;

export const bench: Bench = {
  summary: 'tokens of the tools that a model must read: whole catalogue against those found',
  async run({ dataDir, note }) {
    const embedder = createRememberingEmbedder(createMiniLmEmbedder({ modelDir: MODEL_DIR }));
    const rows: BenchRow[] = [];
    note('compact JSON of name, description and inputSchema, counted by o200k_base');
    for (const set of await readRetrievalSets(dataDir())) {
      if (set.queries.length === 0) continue;
      const arms = await createArms(set.tools, embedder);
      const arm = arms.find(({ name }) => name === 'ostinato');
      if (arm !== undefined) rows.push(...(await measure(set, arm, note)));
    }
    await embedder.close();
    return rows;
  },
};

/**
 * The fewest tools a request that cover 80 % of what is needed, over all requests of a task where
 * the set has them; of the most tools where no number does. `tokens`: a line for each tool found,
 * and the whole definitions of the right ones among them; `saved_full`: as if a model read the
 * whole definitions of all that were found.
 */
async function measure(
  set: RetrievalSet,
  arm: Arm,
  note: (line: string) => void,
): Promise<BenchRow[]> {
  const fullOf = new Map(set.tools.map((tool) => [tool.id, countTokens(toolJson(tool))]));
  const lineOf = new Map(
    set.tools.map((tool) => [tool.id, countTokens(toolLine(toRegisteredTool(tool)))]),
  );
  const nameOf = new Map(set.tools.map(({ id, name }) => [id, name]));
  const whole = sum(fullOf.keys(), fullOf);
  for (const k of SIZES) {
    const shown = await showAll(set, arm, k);
    const coverage = mean(shown.map(({ names, gold }) => recall(names, gold)));
    if (coverage < WANTED_COVERAGE && k !== SIZES.at(-1)) continue;
    const tokens = mean(
      shown.map(({ ids, gold }) => {
        const right = [...ids].filter((id) => gold.has(id) || gold.has(nameOf.get(id) ?? id));
        return sum(ids, lineOf) + sum(right, fullOf);
      }),
    );
    const full = mean(shown.map(({ ids }) => sum(ids, fullOf)));
    note(`  ${set.name}: ${k} tools a request, ${tokens.toFixed(0)} of ${whole} tokens`);
    return [
      { case: set.name, measure: 'saved', value: 100 * (1 - tokens / whole), unit: '%' },
      { case: set.name, measure: 'coverage', value: 100 * coverage, unit: '%' },
      { case: set.name, measure: 'saved_full', value: 100 * (1 - full / whole), unit: '%' },
      { case: set.name, measure: 'tokens', value: tokens, unit: '' },
      { case: set.name, measure: 'catalogue', value: whole, unit: '' },
    ];
  }
  return [];
}

function sum(ids: Iterable<string>, tokens: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const id of ids) total += tokens.get(id) ?? 0;
  return total;
}

interface Shown {
  readonly ids: ReadonlySet<string>;
  readonly names: readonly string[];
  readonly gold: ReadonlySet<string>;
}

async function showAll(set: RetrievalSet, arm: Arm, k: number): Promise<Shown[]> {
  if (set.tasks.length === 0) {
    return Promise.all(
      set.queries.map(async ({ text, gold }) => {
        const { ids } = await arm.find(text, k);
        return { ids: new Set(ids), names: ids, gold: new Set(gold) };
      }),
    );
  }
  const nameOf = new Map(set.tools.map(({ id, name }) => [id, name]));
  return Promise.all(
    set.tasks.map(async ({ requests, gold }) => {
      const found = await Promise.all(requests.map((request) => arm.find(request, k)));
      const ids = new Set(found.flatMap((each) => each.ids));
      return { ids, names: [...ids].map((id) => nameOf.get(id) ?? id), gold: new Set(gold) };
    }),
  );
}

function toolJson({ name, description, inputSchema }: SetTool): string {
  return JSON.stringify({ name, description: description ?? '', inputSchema: inputSchema ?? {} });
}
