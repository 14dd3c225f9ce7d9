import type { OptimisedPlan } from '../../common/optimise/optimise-plan.ts';
import { optimisePlan } from '../../common/optimise/optimise-plan.ts';
import type { FindToolFacts, ToolFacts } from '../../common/optimise/tool-facts.ts';
import { dependenciesOf, orderSteps } from '../../common/order-steps.ts';
import type { Plan, PlanStep, StepId } from '../../common/plan.ts';
import { parseStepArg, parseStepArgs } from '../../common/step-arg.ts';
import type { ToolId } from '../../common/tool.ts';
import type { WrittenPlan, WrittenStep } from '../../common/written-plan.ts';
import { applyRules } from './apply-rules.ts';
import type { RegisteredTool } from '../registry/registry.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import { checkArguments } from './check-arguments.ts';
import { checkForEach } from './check-for-each.ts';
import { checkReferences } from './check-references.ts';
import { didYouMean } from './nearest-names.ts';
import { parseWrittenPlan, STEP_ID_PATTERN } from './parse-written-plan.ts';
import type { PlanProblem } from './plan-problem.ts';
import { shown } from './plan-problem.ts';
import type { ToolLookup } from './tool-lookup.ts';
import { foldUndoSteps, writeUndoSteps } from './undo-steps.ts';

export interface CheckPlanOptions {
  readonly validator: Pick<SchemaValidator, 'validate'>;
  /** Steps that a plan may have. @default 200 */
  readonly maxSteps?: number;
  /** Ids that earlier plans of the run have used. @default none */
  readonly usedStepIds?: readonly StepId[];
  /** Steps of earlier plans, to say why a reference to one cannot work. @default none */
  readonly earlierStepIds?: readonly StepId[];
  /** Tools that the run has used, for rules that reach over its plans. @default none */
  readonly usedTools?: readonly ToolId[];
}

const DEFAULT_MAX_STEPS = 200;

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
): Promise<
  | { readonly plan: Plan; readonly optimised: OptimisedPlan }
  | { readonly problems: readonly PlanProblem[] }
> {
  const parsed = parseWrittenPlan(plan);
  if ('problems' in parsed) return parsed;
  const size = checkSize(parsed.written, options.maxSteps ?? DEFAULT_MAX_STEPS);
  if (size !== null) return { problems: [size] };
  const written = writeUndoSteps(parsed.written);

  const problems = checkIds(written.steps, options.usedStepIds ?? []);
  const found = new Map<string, RegisteredTool>();
  const steps: PlanStep[] = [];
  for (const step of written.steps) {
    const tool = await findTool(step, tools);
    if ('problem' in tool) problems.push(tool.problem);
    else found.set(step.id, tool.tool);
    const ready = 'tool' in tool ? tool.tool : null;
    steps.push(await toPlanStep(step, ready, tools));
  }
  problems.push(
    ...checkReferences(steps, found, options.earlierStepIds ?? options.usedStepIds ?? []),
  );
  problems.push(...checkOrder(steps), ...steps.flatMap((step) => checkForEach(step, found)));
  const outputs = new Map(found);
  // What a step that maps answers is a list of what its tool says it answers.
  for (const { id, forEach } of steps) if (forEach !== undefined) outputs.delete(id);
  for (const step of steps) {
    const tool = found.get(step.id);
    if (tool !== undefined) {
      problems.push(...(await checkArguments(step, tool, outputs, options.validator)));
    }
  }
  problems.push(...checkReturns(written, steps));
  if (problems.length > 0) return { problems };
  const ruled = applyRules(
    foldUndoSteps(steps, parsed.written),
    await tools.rules(),
    options.usedTools ?? [],
  );
  if ('problems' in ruled) return ruled;
  const optimised = optimisePlan(ruled.plan, {
    findFacts: await toolFacts(found, tools),
    order: written.order ?? 'free',
    returns: (written.returns as readonly StepId[] | undefined) ?? null,
  });
  return { plan: { steps: optimised.steps }, optimised };
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

/** What the optimiser is told of the plan's tools. */
async function toolFacts(
  found: ReadonlyMap<string, RegisteredTool>,
  tools: ToolLookup,
): Promise<FindToolFacts> {
  const facts = new Map<string, ToolFacts>();
  for (const tool of found.values()) {
    if (facts.has(tool.id)) continue;
    const { inputSchema, outputSchema } = tool;
    facts.set(tool.id, { inputSchema, outputSchema, resources: await tools.resources(tool) });
  }
  return (tool) => facts.get(tool);
}

function checkSize(written: WrittenPlan, maxSteps: number): PlanProblem | null {
  const count = written.steps.length;
  const whole = { step: null, field: 'steps' } as const;
  if (count === 0) {
    return { kind: 'empty', ...whole, message: 'plan: has no steps; write at least one' };
  }
  if (count <= maxSteps) return null;
  const message = `plan: has ${count} steps and may have ${maxSteps}; leave out or merge some`;
  return { kind: 'too-many-steps', ...whole, message };
}

function checkIds(steps: readonly WrittenStep[], used: readonly StepId[]): PlanProblem[] {
  const taken = new Set<string>(used);
  const seen = new Set<string>();
  return steps.flatMap(({ id }) => {
    const problem = (kind: PlanProblem['kind'], text: string): PlanProblem[] => [
      { kind, step: id, field: 'id', message: `step ${shown(id)}, "id": ${text}` },
    ];
    if (!new RegExp(STEP_ID_PATTERN).test(id)) {
      const rule = 'begin with a letter, then letters, digits, "_" and "-", at most 64 in all';
      return problem('bad-id', `is no valid id; ${rule}`);
    }
    if (seen.has(id)) return problem('duplicate-id', 'another step has this id; give it its own');
    seen.add(id);
    if (!taken.has(id)) return [];
    return problem('used-id', 'an earlier plan of this run used this id; choose another');
  });
}

async function findTool(
  step: WrittenStep,
  tools: ToolLookup,
): Promise<{ readonly tool: RegisteredTool } | { readonly problem: PlanProblem }> {
  const tool = await tools.find(step.tool);
  const problem = (kind: PlanProblem['kind'], text: string) => ({
    problem: { kind, step: step.id, field: 'tool', message: `step "${step.id}", "tool": ${text}` },
  });
  if (tool === null || tool.status === 'gone') {
    const advice = didYouMean(step.tool, await tools.ids());
    const state = tool === null ? 'is not registered' : 'is no longer offered by its server';
    const remedy = advice === '' ? ' Search the tools for one that fits.' : advice;
    return problem('unknown-tool', `${shown(step.tool)} ${state}.${remedy}`);
  }
  if (!tool.enabled) {
    const remedy = 'enable it, or use another tool';
    return problem('disabled-tool', `"${tool.id}" is switched off; ${remedy}`);
  }
  if (tool.status === 'changed') {
    const remedy = 'have the new definition approved, or use another tool';
    return problem('changed-tool', `"${tool.id}" has changed since it was approved; ${remedy}`);
  }
  return { tool };
}

async function toPlanStep(
  step: WrittenStep,
  tool: RegisteredTool | null,
  tools: ToolLookup,
): Promise<PlanStep> {
  const expectedMs = tool === null ? null : tools.expectedMs(tool.id);
  return {
    ...(expectedMs === null ? {} : { expectedMs }),
    id: step.id as StepId,
    tool: tool?.id ?? (step.tool as PlanStep['tool']),
    args: parseStepArgs(step.args ?? {}),
    after: (step.after ?? []) as StepId[],
    onFailure: step.onFailure ?? 'abort',
    // A step whose tool is missing never runs: the plan is refused.
    effect: tool?.effect ?? 'non-idempotent',
    fingerprint: tool?.fingerprint ?? null,
    timeoutMs: step.timeoutMs ?? (tool === null ? 0 : await tools.callTimeoutMs(tool.server)),
    ...flowOf(step),
    title: step.title ?? tool?.title ?? tool?.name ?? step.tool,
  };
}

const DEFAULT_ITEMS_AT_ONCE = 10;

function flowOf({ when, forEach, maxAttempts, optional }: WrittenStep): Partial<PlanStep> {
  return {
    ...(when === undefined ? {} : { when: { ...when, value: parseStepArg(when.value) } }),
    ...(forEach === undefined
      ? {}
      : {
          forEach: {
            items: parseStepArg(forEach.items),
            maxParallel: forEach.maxParallel ?? DEFAULT_ITEMS_AT_ONCE,
          },
        }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(optional === undefined ? {} : { optional }),
  };
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
