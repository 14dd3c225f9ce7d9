// What the optimiser finds out about order, against labelled plans: references read, values whose
// reference was blanked, and chains of plain text that must stay chains. No set is known by name.
import type { JsonObject, JsonValue } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { PlanEdge } from '../../../common/optimise/plan-edge.ts';
import type { OrderedPlan } from '../../../common/optimise/resolve-order.ts';
import type { FindToolFacts } from '../../../common/optimise/tool-facts.ts';
import { widenSequence } from '../../../common/optimise/widen-sequence.ts';
import type { Bench, BenchRow } from '../bench.ts';
import { asBlank, asReference, setReferences, stepId, toPlan } from '../support/labelled-plan.ts';
import type { LabelledPlan } from '../support/plan-set.ts';
import { readPlanSets } from '../support/plan-set.ts';

interface Tally {
  right: number;
  found: number;
  gold: number;
  falseParallel: number;
}

export const bench: Bench = {
  summary: 'order found in labelled plans: references, blanked references, chains',
  async run({ dataDir, note }) {
    const sets = await readPlanSets(dataDir());
    const explicit = newTally();
    const hidden = newTally();
    const chains = newTally();
    for (const { name, plans } of sets) {
      const use = usesOf(plans);
      let blanked = 0;
      for (const plan of plans) {
        const flows = flowsOf(plan);
        const facts = factsWithout(plan, use);
        if (plan.nodes.some(({ tool }) => typeof tool === 'string')) {
          const ordered = widenSequence(toPlan(plan, asReference), NO_FACTS);
          count(explicit, ordered, plan.edges, (edge) => edge.reason === 'reference');
        }
        if (flows.length > 0) {
          blanked += flows.length;
          const ordered = widenSequence(toPlan(plan, asBlank), facts);
          count(hidden, ordered, flows, (edge) => edge.reason === 'hidden');
        }
        if (isTextChain(plan)) {
          const ordered = widenSequence(toPlan(plan, asReference), NO_FACTS);
          count(chains, ordered, plan.edges, () => true);
        }
      }
      note(`${name}: ${plans.length} plans, ${blanked} edges blanked`);
    }
    return [...rows('explicit', explicit), ...rows('hidden', hidden), ...rows('chains', chains)];
  },
};

const NO_FACTS: FindToolFacts = () => undefined;

/** What one argument or answer field of a tool was seen to be. */
interface Use {
  readonly plan: LabelledPlan;
  readonly tool: string;
  readonly side: 'inputSchema' | 'outputSchema';
  readonly name: string;
  readonly type: string | null;
}

/** The sets bring no schemas: the names and types that their plans use stand for them. */
function usesOf(plans: readonly LabelledPlan[]): ReadonlyMap<string, readonly Use[]> {
  const uses = new Map<string, Use[]>();
  const add = (use: Use): void => {
    const known = uses.get(use.tool);
    if (known === undefined) uses.set(use.tool, [use]);
    else known.push(use);
  };
  for (const plan of plans) {
    const tools = new Map(plan.nodes.map((node) => [node.id, node.tool ?? '']));
    for (const node of plan.nodes) {
      for (const [name, value] of Object.entries(node.args ?? {})) {
        const references = setReferences(value);
        const type = references.length > 0 ? null : typeOf(value);
        add({ plan, tool: node.tool ?? '', side: 'inputSchema', name, type });
        for (const { step, field } of references) {
          const tool = tools.get(step);
          const outer = field.split(/[.[]/, 1)[0] ?? '';
          if (tool === undefined || outer === '') continue;
          add({ plan, tool, side: 'outputSchema', name: outer, type: null });
        }
      }
    }
  }
  return uses;
}

/** Schemas from all plans but this one, so that no plan answers for itself. */
function factsWithout(
  plan: LabelledPlan,
  uses: ReadonlyMap<string, readonly Use[]>,
): FindToolFacts {
  return (tool) => {
    const known = (uses.get(tool.replace(/^set\//, '')) ?? []).filter((use) => use.plan !== plan);
    const schema = (side: Use['side']): JsonObject | null => {
      const there = known.filter((use) => use.side === side);
      if (there.length === 0) return null;
      const properties = Object.fromEntries(
        there
          .toSorted((a, b) => Number(a.type !== null) - Number(b.type !== null))
          .map(({ name, type }) => [name, type === null ? {} : { type }] as const),
      );
      const required = side === 'inputSchema' ? Object.keys(properties) : [];
      return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
    };
    const inputSchema = schema('inputSchema');
    return {
      inputSchema: optional(inputSchema, plan, tool),
      outputSchema: schema('outputSchema'),
      resources: null,
    };
  };
}

/** Wanted is what the plan itself writes: other plans' arguments may be optional ones. */
function optional(schema: JsonObject | null, plan: LabelledPlan, tool: string): JsonObject | null {
  if (schema === null) return null;
  const required = plan.nodes
    .filter((node) => `set/${node.tool ?? ''}` === tool)
    .flatMap((node) => Object.entries(node.args ?? {}))
    .filter(([, value]) => setReferences(value).length > 0)
    .map(([name]) => name);
  return { ...schema, required };
}

function typeOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  return isJsonObject(value) ? 'object' : value === null ? 'null' : typeof value;
}

function flowsOf(plan: LabelledPlan): (readonly [string, string])[] {
  const pairs = plan.nodes.flatMap(({ id, args }) =>
    setReferences(args ?? {}).map(({ step }) => [step, id] as const),
  );
  const ids = new Set(plan.nodes.map(({ id }) => id));
  const known = pairs.filter(([from, to]) => from !== to && ids.has(from));
  return [...new Map(known.map((pair) => [pair.join(' '), pair])).values()];
}

function isTextChain({ nodes, edges }: LabelledPlan): boolean {
  if (nodes.length < 2 || nodes.some(({ tool }) => typeof tool === 'string')) return false;
  const pairs = new Set(edges.map((edge) => edge.join(' ')));
  return (
    pairs.size === nodes.length - 1 &&
    nodes.every((node, at) => at === 0 || pairs.has(`${nodes[at - 1]?.id ?? ''} ${node.id}`))
  );
}

function newTally(): Tally {
  return { right: 0, found: 0, gold: 0, falseParallel: 0 };
}

function count(
  tally: Tally,
  ordered: OrderedPlan,
  gold: readonly (readonly [string, string])[],
  counts: (edge: PlanEdge) => boolean,
): void {
  const pairs = new Set(gold.map(([from, to]) => `${stepId(from)} ${stepId(to)}`));
  const found = ordered.edges
    .filter((edge) => edge.from !== edge.to && counts(edge))
    .map(({ from, to }) => `${from} ${to}`);
  tally.found += found.length;
  tally.right += found.filter((pair) => pairs.has(pair)).length;
  tally.gold += pairs.size;
  for (const [from, to] of gold) if (!waits(ordered, from, to)) tally.falseParallel += 1;
}

/** Whether a step starts only after another has ended. */
function waits({ edges }: OrderedPlan, from: string, to: string): boolean {
  const before = new Set<string>([stepId(to)]);
  for (const at of before) for (const edge of edges) if (edge.to === at) before.add(edge.from);
  return before.has(stepId(from));
}

function rows(name: string, { right, found, gold, falseParallel }: Tally): readonly BenchRow[] {
  const precision = found === 0 ? 0 : (100 * right) / found;
  const recall = gold === 0 ? 0 : (100 * right) / gold;
  const f1 = right === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  const row = (measure: string, value: number, unit: string) => ({
    case: name,
    measure,
    value,
    unit,
  });
  return [
    row('precision', precision, '%'),
    row('recall', recall, '%'),
    row('f1', f1, '%'),
    row('false_parallel', falseParallel, ''),
    row('edges', gold, ''),
  ];
}
