import type { Plan, PlanStep, StepId } from '../plan.ts';
import { batchSteps } from './batch-steps.ts';
import { dropDeadSteps } from './drop-dead-steps.ts';
import { mergeSteps } from './merge-steps.ts';
import type { PlanEdge } from './plan-edge.ts';
import { resolveOrder } from './resolve-order.ts';
import type { FindToolFacts } from './tool-facts.ts';
import { widenSequence } from './widen-sequence.ts';

export interface OptimiseOptions {
  readonly findFacts: FindToolFacts;
  /** What the order of the steps means; see `WrittenPlan`. */
  readonly order: 'free' | 'written';
  /** Steps whose results are wanted; `null`: all. */
  readonly returns: readonly StepId[] | null;
}

export interface OptimisedPlan extends Plan {
  /** Why each step waits, in the plan as it was written: of steps that are gone too. */
  readonly edges: readonly PlanEdge[];
  /** Steps that take another's answer, and whose. */
  readonly merged: ReadonlyMap<StepId, StepId>;
  /** Reads that nobody waits for. */
  readonly dropped: readonly StepId[];
}

/**
 * The plan that does the same and ends as early as is safe: steps ordered where they must be, reads
 * that nobody needs left out, reads that ask the same at the same point asked once, and like calls
 * made by one where their server has a tool for it. A merged step stays in the plan (`sameAs`,
 * `partOf`), so that its name and its result do too.
 *
 * @param plan free of cycles and of unknown steps (`orderSteps` says so)
 */
export function optimisePlan(
  plan: Plan,
  { findFacts, order, returns }: OptimiseOptions,
): OptimisedPlan {
  const ordered =
    order === 'written'
      ? widenSequence(plan, findFacts)
      : resolveOrder(plan, { findFacts, keepOrder: false });
  const alive = returns === null ? ordered.steps : dropDeadSteps(ordered.steps, returns);
  const { steps, merged } = mergeSteps(alive);
  const kept = new Map(steps.map((step) => [step.id, step]));
  const staying = new Set(alive.map(({ id }) => id));
  const each = alive.map((step) => kept.get(step.id) ?? takenFrom(step, merged));
  const batched = batchSteps(each, findFacts);
  return {
    steps: batched.steps,
    edges: [...ordered.edges, ...batchEdges(batched.steps, ordered.edges)],
    merged,
    dropped: plan.steps.flatMap(({ id }) => (staying.has(id) ? [] : [id])),
  };
}

/** A call for several waits for what the first of them waits for, as they all do. */
function batchEdges(steps: readonly PlanStep[], edges: readonly PlanEdge[]): PlanEdge[] {
  return steps.flatMap(({ id, callsFor }) =>
    edges.filter(({ to }) => to === callsFor?.steps[0]).map((edge) => ({ ...edge, to: id })),
  );
}

function takenFrom(step: PlanStep, merged: ReadonlyMap<StepId, StepId>): PlanStep {
  const source = merged.get(step.id);
  if (source === undefined) throw new Error(`Step "${step.id}" is neither kept nor merged.`);
  return { ...step, args: {}, after: [source], sameAs: source };
}
