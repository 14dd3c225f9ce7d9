import type { OptimisedPlan } from '../../common/optimise/optimise-plan.ts';
import { optimisePlan } from '../../common/optimise/optimise-plan.ts';
import type { FindToolFacts, ToolFacts } from '../../common/optimise/tool-facts.ts';
import { dependenciesOf, orderSteps } from '../../common/order-steps.ts';
import type { Plan, PlanStep, StepId } from '../../common/plan.ts';
import type { ToolId } from '../../common/tool.ts';
import type { WrittenPlan } from '../../common/written-plan.ts';
import type { RegisteredTool } from '../registry/registry.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import { applyRules } from './apply-rules.ts';
import { checkArguments } from './check-arguments.ts';
import { checkForEach } from './check-for-each.ts';
import { checkReferences } from './check-references.ts';
import { foldFallbackSteps, placeFallbackProblem } from './fallback-steps.ts';
import { didYouMean } from './nearest-names.ts';
import { parseWrittenPlan } from './parse-written-plan.ts';
import type { PlanProblem } from './plan-problem.ts';
import { shown } from './plan-problem.ts';
import { checkNesting, checkSize } from './plan-size.ts';
import { readSteps } from './read-steps.ts';
import type { StepOutputs } from './step-outputs.ts';
import type { ToolLookup } from './tool-lookup.ts';
import { foldUndoSteps } from './undo-steps.ts';

export interface CheckPlanOptions {
  readonly validator: Pick<SchemaValidator, 'validate'>;
  /** Steps that a plan may have, those of its sub-plans included. @default 200 */
  readonly maxSteps?: number;
  /** Ids that earlier plans of the run have used. @default none */
  readonly usedStepIds?: readonly StepId[];
  /** Steps of earlier plans, to say why a reference to one cannot work. @default none */
  readonly earlierStepIds?: readonly StepId[];
  /** Tools that the run has used, for rules that reach over its plans. @default none */
  readonly usedTools?: readonly ToolId[];
  /** Of a sub-plan: what it is given, by name. @default it is none */
  readonly inputs?: readonly string[];
  /** Tools used beside this plan, in no known order, for rules that keep tools apart. @default none */
  readonly toolsBeside?: readonly ToolId[];
}

const DEFAULT_MAX_STEPS = 200;

export interface GoodPlan {
  readonly plan: Plan;
  readonly optimised: OptimisedPlan;
  /** The plans inside of it, by step. */
  readonly inner: ReadonlyMap<StepId, GoodPlan>;
}

export type CheckedPlan = GoodPlan | { readonly problems: readonly PlanProblem[] };

/**
 * Turns a written plan into one that can run, as wide as is safe: every tool is there, every
 * reference leads somewhere, the steps have an order, the arguments fit the tools' schemas as far as
 * they are known, and the tenant's composition rules are kept, whose order is added. Else gives all
 * problems found, so that they can be repaired at once. Throws only when the registry or
 * the validator fails.
 */
export async function checkPlan(
  plan: unknown,
  tools: ToolLookup,
  options: CheckPlanOptions,
): Promise<CheckedPlan> {
  const nesting = checkNesting(plan);
  if (nesting !== null) return { problems: [nesting] };
  const parsed = parseWrittenPlan(plan);
  if ('problems' in parsed) return parsed;
  const { written } = parsed;
  const size = checkSize(written, options.maxSteps ?? DEFAULT_MAX_STEPS);
  if (size !== null) return { problems: [size] };
  const { steps, found, outputs, inner, problems } = await readSteps(written, tools, {
    ...options,
    checkInner: (plan, given) => checkPlan(plan, tools, { ...options, ...given }),
  });
  const earlier = options.earlierStepIds ?? options.usedStepIds ?? [];
  problems.push(...checkReferences(steps, outputs, earlier), ...checkOrder(steps));
  problems.push(...steps.flatMap((step) => checkForEach(step, outputs)));
  problems.push(...(await checkAllArguments(steps, found, outputs, options)));
  problems.push(...checkReturns(written, steps));
  if (problems.length > 0) return { problems: problems.map(placeFallbackProblem) };
  const ruled = applyRules(
    foldUndoSteps(foldFallbackSteps(steps), written),
    await tools.rules(),
    options,
  );
  if ('problems' in ruled) return ruled;
  const findFacts = await toolFacts(found, tools);
  const optimised = optimisePlan(withTouches(ruled.plan, findFacts), {
    findFacts,
    order: written.order ?? 'free',
    returns: (written.returns as readonly StepId[] | undefined) ?? null,
  });
  return { plan: { steps: optimised.steps }, optimised, inner };
}

async function checkAllArguments(
  steps: readonly PlanStep[],
  found: ReadonlyMap<string, RegisteredTool>,
  outputs: StepOutputs,
  { validator }: CheckPlanOptions,
): Promise<readonly PlanProblem[]> {
  const single = new Map(outputs);
  // What a step that maps answers is a list of what its tool says it answers.
  for (const { id, forEach } of steps) if (forEach !== undefined) single.delete(id);
  const problems: PlanProblem[] = [];
  for (const step of steps) {
    const tool = found.get(step.id);
    if (tool !== undefined) {
      problems.push(...(await checkArguments(step, tool, single, validator)));
    }
  }
  return problems;
}

function checkReturns({ returns = [] }: WrittenPlan, steps: readonly PlanStep[]): PlanProblem[] {
  const ids = steps.map(({ id }) => id);
  return returns.flatMap((name, at) => {
    if (ids.includes(name as StepId)) return [];
    const field = `returns[${at}]`;
    const text = `names step ${shown(name)}, which is not in the plan.${didYouMean(name, ids)}`;
    return [{ kind: 'unknown-step', step: null, field, message: `plan, "${field}": ${text}` }];
  });
}

/** Items that change one thing are called one after the other: the run knows which, once it has the list. */
function withTouches({ steps }: Plan, findFacts: FindToolFacts): Plan {
  return {
    steps: steps.map((step) => {
      const touches = step.effect === 'read' ? null : (findFacts(step.tool)?.resources ?? null);
      if (step.forEach === undefined || touches === null) return step;
      return { ...step, forEach: { ...step.forEach, touches } };
    }),
  };
}

/** What the optimiser is told of the plan's tools. */
async function toolFacts(
  found: ReadonlyMap<string, RegisteredTool>,
  tools: ToolLookup,
): Promise<FindToolFacts> {
  const facts = new Map<string, ToolFacts>();
  for (const tool of found.values()) {
    if (facts.has(tool.id)) continue;
    const { inputSchema, outputSchema } = tool;
    const [resources, batch] = [await tools.resources(tool), await tools.batch(tool)];
    facts.set(tool.id, { inputSchema, outputSchema, resources, batch });
  }
  return (tool) => facts.get(tool);
}

/** Looks for circles among the edges that lead somewhere: the others are reported elsewhere. */
function checkOrder(steps: readonly PlanStep[]): PlanProblem[] {
  const ids = new Set(steps.map((step) => step.id));
  const unique = [...new Map(steps.map((step) => [step.id, step])).values()];
  const known = unique.map((step) => ({
    id: step.id,
    args: {},
    after: dependenciesOf(step).filter((id) => id !== step.id && ids.has(id)),
  }));
  const ordered = orderSteps(known);
  if ('steps' in ordered || ordered.problem.kind !== 'cycle') return [];
  const [first] = ordered.problem.cycle;
  const remedy = 'take out one of these references or "after" entries';
  const message = `plan: ${ordered.problem.message} (each needs the next); ${remedy}`;
  return [{ kind: 'cycle', step: first ?? null, field: null, message }];
}
