import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const dagSchema = z.object({
  id: z.string(),
  subset: z.string().nullish(),
  nodes: z.array(
    z.object({
      id: z.string(),
      tool: z.string().nullish(),
      args: z.record(z.string(), z.json()).nullish(),
      seconds: z.number().nullish(),
      seconds_min: z.number().nullish(),
    }),
  ),
  edges: z.array(z.tuple([z.string(), z.string()])),
  gold_optimal_seconds_min_max: z.tuple([z.number(), z.number()]).nullish(),
});

export type LabelledPlan = z.infer<typeof dagSchema>;

/** A folder `plans/<name>` of the data. */
export interface PlanSet {
  readonly name: string;
  readonly plans: readonly LabelledPlan[];
}

/** All sets, by name. Repeated steps of a plan are read once; an edge from a step to itself is not one. */
export async function readPlanSets(dataDir: string): Promise<PlanSet[]> {
  const folder = join(dataDir, 'plans');
  if (!existsSync(folder)) throw new Error(`${dataDir} has no folder plans/.`);
  const names = (await readdir(folder)).sort();
  const sets = names.filter((name) => existsSync(join(folder, name, 'dags.jsonl')));
  return Promise.all(
    sets.map(async (name) => {
      const text = await readFile(join(folder, name, 'dags.jsonl'), 'utf8');
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      return { name, plans: lines.map((line) => cleaned(dagSchema.parse(JSON.parse(line)))) };
    }),
  );
}

function cleaned(plan: LabelledPlan): LabelledPlan {
  const byId = new Map(plan.nodes.toReversed().map((node) => [node.id, node]));
  const ids = new Set(plan.nodes.map(({ id }) => id));
  const nodes = [...ids].flatMap((id) => byId.get(id) ?? []).map(withEarlierReferences);
  return { ...plan, nodes, edges: plan.edges.filter(([from, to]) => from !== to) };
}

/**
 * Some plans count their calls from one and so refer to themselves or past their end. The labels
 * mean the step right before; so does this.
 */
function withEarlierReferences<Node extends LabelledPlan['nodes'][number]>(
  node: Node,
  index: number,
): Node {
  if (index === 0 || !node.args) return node;
  const text = JSON.stringify(node.args).replaceAll(/\bAPI_call_(\d+)\b/g, (whole, call: string) =>
    Number(call) < index ? whole : `API_call_${index - 1}`,
  );
  return { ...node, args: JSON.parse(text) as Node['args'] };
}
