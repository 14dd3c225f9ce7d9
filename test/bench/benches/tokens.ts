import { countTokens } from '../../../services/context/count-tokens.ts';
import { createMiniLmEmbedder } from '../../../services/embeddings/mini-lm-embedder.ts';
import type { ToolId } from '../../../common/tool.ts';
import { bestOf, interleave } from '../../../services/planner/model/find-tools.ts';
import { listTools } from '../../../services/planner/model/list-tools.ts';
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
const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40];
const WANTED_COVERAGE = 0.8;

export const bench: Bench = {
  summary: 'tokens of the tools that a model must read: whole catalogue against those found',
  async run({ dataDir, note }) {
    const embedder = createRememberingEmbedder(createMiniLmEmbedder({ modelDir: MODEL_DIR }));
    const rows: BenchRow[] = [];
    note('catalogue: compact JSON of name, description and inputSchema; found: what planners show');
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
 * the set has them; of the most tools where no number does. `tokens`: the list as the planner puts
 * it into its prompt, once for all requests; `saved_full`: as if a model read the whole definitions
 * of all that were found; `saved_most`: as if the search found what is needed and nothing else, which
 * in a small catalogue is the limit.
 */
async function measure(
  set: RetrievalSet,
  arm: Arm,
  note: (line: string) => void,
): Promise<BenchRow[]> {
  const tools = new Map(set.tools.map((tool) => [tool.id, toRegisteredTool(tool)]));
  const fullOf = new Map(set.tools.map((tool) => [tool.id, countTokens(toolJson(tool))]));
  const full = (ids: Iterable<string>): number =>
    [...ids].reduce((sum, id) => sum + (fullOf.get(id) ?? 0), 0);
  const whole = full(fullOf.keys());
  for (const k of SIZES) {
    const shown = await showAll(set, arm, k);
    const coverage = mean(shown.map(({ names, gold }) => recall(names, gold)));
    if (coverage < WANTED_COVERAGE && k !== SIZES.at(-1)) continue;
    const tokens = mean(
      shown.map(({ ids, best }) => {
        const found = ids.flatMap((id) => tools.get(id) ?? []);
        return listTools(found, [], Infinity, best).tokens;
      }),
    );
    const needed = mean(
      shown.map(({ gold }) => {
        const all = [...tools.values()].filter(({ id, name }) => gold.has(id) || gold.has(name));
        return listTools(all, [], Infinity).tokens;
      }),
    );
    const savedFull = 100 * (1 - mean(shown.map(({ ids }) => full(ids))) / whole);
    note(`  ${set.name}: ${k} tools a request, ${tokens.toFixed(0)} of ${whole} tokens`);
    return [
      { case: set.name, measure: 'saved', value: 100 * (1 - tokens / whole), unit: '%' },
      { case: set.name, measure: 'coverage', value: 100 * coverage, unit: '%' },
      { case: set.name, measure: 'saved_full', value: savedFull, unit: '%' },
      { case: set.name, measure: 'saved_most', value: 100 * (1 - needed / whole), unit: '%' },
      { case: set.name, measure: 'tokens', value: tokens, unit: '' },
      { case: set.name, measure: 'catalogue', value: whole, unit: '' },
    ];
  }
  return [];
}

interface Shown {
  /** In the order in which they are listed, each once. */
  readonly ids: readonly string[];
  readonly best: ReadonlySet<ToolId>;
  readonly names: readonly string[];
  readonly gold: ReadonlySet<string>;
}

async function showAll(set: RetrievalSet, arm: Arm, k: number): Promise<Shown[]> {
  if (set.tasks.length === 0) {
    return Promise.all(
      set.queries.map(async ({ text, gold }) => {
        const { ids } = await arm.find(text, k);
        return { ...listed([ids]), names: ids, gold: new Set(gold) };
      }),
    );
  }
  const nameOf = new Map(set.tools.map(({ id, name }) => [id, name]));
  return Promise.all(
    set.tasks.map(async ({ requests, gold }) => {
      const found = await Promise.all(requests.map((request) => arm.find(request, k)));
      const shown = listed(found.map(({ ids }) => ids));
      return {
        ...shown,
        names: shown.ids.map((id) => nameOf.get(id) ?? id),
        gold: new Set(gold),
      };
    }),
  );
}

function listed(lists: readonly (readonly string[])[]): Pick<Shown, 'ids' | 'best'> {
  return { ids: interleave(lists), best: bestOf(lists) as ReadonlySet<ToolId> };
}

function toolJson({ name, description, inputSchema }: SetTool): string {
  return JSON.stringify({ name, description: description ?? '', inputSchema: inputSchema ?? {} });
}
