import { criticalPath } from '../critical-path.ts';
import type { PlanStep, StepId } from '../plan.ts';
import type { ToolId } from '../tool.ts';
import type { OptimisedPlan } from './optimise-plan.ts';
import { placeSteps } from './place-steps.ts';
import type { EdgeReason } from './plan-edge.ts';

/** How a plan will run and why: one entry a step, in the order of the plan. */
export interface PlanExplanation {
  readonly steps: readonly ExplainedStep[];
  /** Steps left out: reads that nothing wanted needs. */
  readonly dropped: readonly StepId[];
  /** Steps on the longest way through the plan: the fewest rounds that it takes. */
  readonly depth: number;
  /**
   * The steps that decide when the plan ends. `expectedMs` is what calls of their tools took of
   * late; `null` where of some nobody knows: the steps are then the longest chain.
   */
  readonly critical: { readonly steps: readonly StepId[]; readonly expectedMs: number | null };
}

export interface ExplainedStep {
  readonly id: StepId;
  readonly tool: ToolId;
  readonly waits: readonly {
    readonly for: StepId;
    readonly reason: EdgeReason;
    readonly detail: string;
  }[];
  /** The step whose answer it takes; `null`: it makes its own call. */
  readonly sameAs: StepId | null;
  /** The step that makes its call together with others. @default it makes its own */
  readonly partOf?: StepId;
  /** Steps whose calls are made by this one, which is not in the plan as it was written. */
  readonly callsFor?: readonly StepId[];
  /** Asked once for many items of its list. @default a call an item */
  readonly batch?: { readonly tool: ToolId; readonly maxItems: number };
  /** 1 where it starts at once; else one more than the last step that it waits for. */
  readonly round: number;
  /** The cache of results has its answer now: no call is made. @default false */
  readonly cached?: true;
  /** Asked where the tool fails. @default nothing is */
  readonly fallback?: ToolId;
  /** Of a step that is a plan of its own. */
  readonly plan?: PlanExplanation;
}

/**
 * Says what became of a plan; `edges` hold the reasons.
 * @param inner of its steps that are plans of their own
 */
export function explainPlan(
  { steps, edges, dropped }: OptimisedPlan,
  inner: ReadonlyMap<StepId, PlanExplanation> = new Map(),
): PlanExplanation {
  const waits = new Map<StepId, ExplainedStep['waits'][number][]>();
  for (const { from, to, reason, detail } of edges) {
    const known = waits.get(to) ?? [];
    waits.set(to, [...known, { for: from, reason, detail }]);
  }
  const rounds = roundsOf(steps, waits);
  const explained = steps.map((step): ExplainedStep => {
    const plan = inner.get(step.id);
    return {
      id: step.id,
      tool: step.tool,
      waits: waits.get(step.id) ?? [],
      sameAs: step.sameAs ?? null,
      round: rounds.get(step.id) ?? 1,
      ...(step.known === undefined ? {} : { cached: true as const }),
      ...(step.partOf === undefined ? {} : { partOf: step.partOf }),
      ...(step.callsFor === undefined ? {} : { callsFor: step.callsFor.steps }),
      ...(step.batch === undefined
        ? {}
        : { batch: { tool: step.batch.tool, maxItems: step.batch.maxItems } }),
      ...(step.fallback === undefined ? {} : { fallback: step.fallback.tool }),
      ...(plan === undefined ? {} : { plan }),
    };
  });
  const depth = Math.max(0, ...rounds.values());
  return { steps: explained, dropped, depth, critical: criticalOf(steps, waits) };
}

/** A step that takes another's answer takes no time; one that nobody has timed counts as the mean. */
function criticalOf(
  steps: readonly PlanStep[],
  waits: ReadonlyMap<StepId, ExplainedStep['waits']>,
): PlanExplanation['critical'] {
  const known = steps.flatMap(({ expectedMs }) => expectedMs ?? []);
  const mean = known.reduce((sum, ms) => sum + ms, 0) / Math.max(1, known.length);
  const timed = steps.map((step) => {
    const source = answeredBy(step);
    const needs =
      source === undefined ? (waits.get(step.id) ?? []).map((wait) => wait.for) : [source];
    return { id: step.id, needs, ms: source === undefined ? (step.expectedMs ?? mean) : 0 };
  });
  const way = criticalPath(timed);
  const byId = new Map(steps.map((step) => [step.id as string, step]));
  const isKnown = way.steps.every((id) => {
    const step = byId.get(id);
    return step === undefined || answeredBy(step) !== undefined || step.expectedMs !== undefined;
  });
  return {
    steps: way.steps as readonly StepId[],
    expectedMs: isKnown ? Math.round(way.ms) : null,
  };
}

function answeredBy({ sameAs, partOf }: PlanStep): StepId | undefined {
  return sameAs ?? partOf;
}

function roundsOf(
  steps: readonly PlanStep[],
  waits: ReadonlyMap<StepId, ExplainedStep['waits']>,
): ReadonlyMap<StepId, number> {
  const rounds = new Map<StepId, number>();
  for (const step of placeSteps(steps)) {
    const needs = (waits.get(step.id) ?? []).map((wait) => rounds.get(wait.for) ?? 0);
    rounds.set(step.id, 1 + Math.max(0, ...needs));
  }
  return rounds;
}
