import type { Plan, PlanStep, StepId } from '../plan.ts';
import { referencesIn } from '../step-arg.ts';
import { inputsOf, isItem } from '../step-inputs.ts';
import type { HiddenNeed } from './infer-producers.ts';
import { inferProducers } from './infer-producers.ts';
import { placeSteps } from './place-steps.ts';
import type { PlanEdge } from './plan-edge.ts';
import type { Meeting } from './resource-order.ts';
import { createResourceOrder } from './resource-order.ts';
import type { ResourceKey, StepAccess } from './step-access.ts';
import { stepAccesses } from './step-access.ts';
import type { FindToolFacts } from './tool-facts.ts';

/** A plan with every order that its steps need, and why. */
export interface OrderedPlan extends Plan {
  /** In the order of the plan; `after` holds all edges that no argument states. */
  readonly steps: readonly PlanStep[];
  /** One for each pair, with the strongest reason. */
  readonly edges: readonly PlanEdge[];
  readonly hidden: readonly HiddenNeed[];
}

export interface ResolveOrderOptions {
  readonly findFacts: FindToolFacts;
  /**
   * An effect waits for all steps written before it whose failure ends the plan: where the order is
   * all that is known, the earlier step may be its condition.
   * @default false
   */
  readonly guardEffects?: boolean;
  /**
   * Where the order of two steps is not known to be safe, the written one stays. `false`: steps are
   * written as a graph, and only effects on a resource that both declare add to it.
   * @default true
   */
  readonly keepOrder?: boolean;
}

/** Steps that one step waits for one by one; of more, the last one stands for those before it. */
const MAX_FRONT = 64;

/**
 * Finds what each step must wait for: references, declared `after`, missing values and effects on
 * one resource, in written order. Only ever adds order. Time is linear in steps and edges.
 *
 * @param plan free of cycles and of unknown steps (`orderSteps` says so)
 */
export function resolveOrder(plan: Plan, options: ResolveOrderOptions): OrderedPlan {
  const placed = placeSteps(plan.steps);
  const keepOrder = options.keepOrder ?? true;
  const accesses = stepAccesses(placed, options.findFacts).map((access) =>
    keepOrder ? access : declaredOnly(access),
  );
  const needs = keepOrder ? inferProducers(placed, options.findFacts) : NO_NEEDS;
  const resources = createResourceOrder();
  const ends = new Set<StepId>();
  let guards: StepId[] = [];
  const edges = new Map<StepId, readonly PlanEdge[]>();
  placed.forEach((step, index) => {
    const hidden = needs.get(step.id);
    const access = accesses[index] ?? { reads: [], writes: [] };
    const guarded = options.guardEffects === true && mayAct(step);
    const into = strongest([
      ...declared(step),
      ...(hidden ?? []).map(hiddenEdge),
      ...resources.enter(step.id, access).map((meeting) => resourceEdge(step, meeting)),
      ...(guarded ? guards.map((from) => keptEdge(from, step, GUARDED)) : []),
      // A value may come from any earlier step: a guess at the right one is not enough to start.
      ...(hidden === undefined ? [] : [...ends].map((from) => keptEdge(from, step, MISSING))),
    ]);
    edges.set(step.id, into);
    for (const { from } of into) ends.delete(from);
    ends.add(step.id);
    guards = nextGuards(guards, step, guarded);
  });
  return {
    steps: plan.steps.map((step) => withAfter(step, edges.get(step.id) ?? [])),
    edges: plan.steps.flatMap((step) => edges.get(step.id) ?? []),
    hidden: [...needs.values()].flat(),
  };
}

const NO_NEEDS: Readonly<ReturnType<typeof inferProducers>> = new Map();

/** Without the keys that mean a whole server: nobody has said what is touched there. */
function declaredOnly({ reads, writes }: StepAccess): StepAccess {
  const isDeclared = (key: ResourceKey) => key.length > 1;
  return { reads: reads.filter(isDeclared), writes: writes.filter(isDeclared) };
}

function mayAct({ effect, fallback }: PlanStep): boolean {
  return effect !== 'read' || (fallback !== undefined && fallback.effect !== 'read');
}

const GUARDED = 'has an effect, and a failure of the earlier step would have prevented it';
const MISSING = 'lacks a value that any earlier step may make';

/** What a later effect must wait for; a guarded effect has waited for all before it. */
function nextGuards(guards: StepId[], step: PlanStep, guarded: boolean): StepId[] {
  if (guarded && (step.onFailure === 'abort' || guards.length > MAX_FRONT)) return [step.id];
  if (step.onFailure === 'abort') guards.push(step.id);
  return guards;
}

function declared(step: PlanStep): readonly PlanEdge[] {
  const references = inputsOf(step).flatMap(([field, arg]) =>
    referencesIn(arg)
      .filter((reference) => !isItem(step, field, reference))
      .map(({ step: from, path }): PlanEdge => ({
        from,
        to: step.id,
        reason: 'reference',
        detail: `${nameOf(field)} takes ${path === '' ? 'its whole result' : `"${path}"`}`,
      })),
  );
  const after = step.after.map((from): PlanEdge => ({
    from,
    to: step.id,
    reason: 'after',
    detail: 'the plan says so',
  }));
  return [...references, ...after];
}

function nameOf(field: string): string {
  return field.startsWith('args.') ? `argument "${field.slice('args.'.length)}"` : `"${field}"`;
}

function hiddenEdge({ step, hole, from, field }: HiddenNeed): PlanEdge {
  const made = field === null ? 'is most likely made there' : `is most likely its "${field}"`;
  return {
    from,
    to: step,
    reason: 'hidden',
    detail: `argument "${hole.path}" lacks a value, which ${made}`,
  };
}

function resourceEdge(step: PlanStep, { from, key, fromWrites }: Meeting): PlanEdge {
  const changes = fromWrites ? 'the earlier one may change it' : 'the later one may change it';
  const [server, ...place] = key;
  if (server === undefined || step.action !== undefined) {
    const what = `what one of them touches is not known, and ${changes}`;
    return { from, to: step.id, reason: 'kept-order', detail: what };
  }
  // A whole server is no resource that anybody named: the order is kept for want of knowledge.
  if (place.length === 0) {
    const what = `what they touch on server "${server}" is not declared, and ${changes}`;
    return { from, to: step.id, reason: 'kept-order', detail: what };
  }
  const what = `both touch ${place.join(' ')}, and ${changes}`;
  return { from, to: step.id, reason: 'resource', detail: what };
}

function keptEdge(from: StepId, step: PlanStep, why: string): PlanEdge {
  return { from, to: step.id, reason: 'kept-order', detail: `"${step.id}" ${why}` };
}

/** The candidates come strongest first. */
function strongest(edges: readonly PlanEdge[]): readonly PlanEdge[] {
  const byStep = new Map<StepId, PlanEdge>();
  for (const edge of edges) if (!byStep.has(edge.from)) byStep.set(edge.from, edge);
  return [...byStep.values()];
}

function withAfter(step: PlanStep, edges: readonly PlanEdge[]): PlanStep {
  const after = edges.filter(({ reason }) => reason !== 'reference').map(({ from }) => from);
  return { ...step, after };
}
