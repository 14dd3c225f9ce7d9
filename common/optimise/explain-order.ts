import type { StepId } from '../plan.ts';
import type { PlanEdge } from './plan-edge.ts';
import type { OrderedPlan } from './resolve-order.ts';

/** Why `b` waits for `a`: the edges of the shortest way from one to the other. */
export interface OrderExplanation {
  /** Empty where the two may run at the same time. */
  readonly edges: readonly PlanEdge[];
  readonly text: string;
}

/** Says why two steps are ordered, whichever of them comes first. */
export function explainOrder(
  plan: Pick<OrderedPlan, 'edges'>,
  a: StepId,
  b: StepId,
): OrderExplanation {
  const edges = wayBetween(plan.edges, a, b) ?? wayBetween(plan.edges, b, a);
  if (edges === null) {
    return { edges: [], text: `"${a}" and "${b}" are not ordered: they may run at the same time.` };
  }
  const lines = edges.map(
    ({ from, to, reason, detail }) => `"${to}" waits for "${from}" (${reason}): ${detail}.`,
  );
  return { edges, text: lines.join('\n') };
}

function wayBetween(
  edges: readonly PlanEdge[],
  first: StepId,
  last: StepId,
): readonly PlanEdge[] | null {
  const into = new Map<StepId, PlanEdge[]>();
  for (const edge of edges) {
    const known = into.get(edge.to);
    if (known === undefined) into.set(edge.to, [edge]);
    else known.push(edge);
  }
  const onward = new Map<StepId, PlanEdge | null>([[last, null]]);
  for (const at of onward.keys()) {
    for (const edge of into.get(at) ?? []) if (!onward.has(edge.from)) onward.set(edge.from, edge);
    if (onward.has(first)) break;
  }
  if (!onward.has(first) || first === last) return null;
  const way: PlanEdge[] = [];
  for (let edge = onward.get(first); edge; edge = onward.get(edge.to)) way.push(edge);
  return way;
}
