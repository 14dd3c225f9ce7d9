import type { PlanStep, StepId } from '../../common/plan.ts';
import { parseStepArg, parseStepArgs } from '../../common/step-arg.ts';
import type { ToolId } from '../../common/tool.ts';
import type { WrittenPlan, WrittenStep } from '../../common/written-plan.ts';
import type { RegisteredTool } from '../registry/registry.ts';
import type { CheckedPlan, CheckPlanOptions, GoodPlan } from './check-plan.ts';
import { isFallbackStep, writeFallbackSteps } from './fallback-steps.ts';
import { didYouMean } from './nearest-names.ts';
import { STEP_ID_PATTERN } from './parse-written-plan.ts';
import type { PlanProblem } from './plan-problem.ts';
import { shown } from './plan-problem.ts';
import { ARGS_STEP, actionStep, argsStep, checkWait } from './step-actions.ts';
import type { StepOutputs } from './step-outputs.ts';
import { stepOutputs } from './step-outputs.ts';
import type { ToolLookup } from './tool-lookup.ts';
import { writeUndoSteps } from './undo-steps.ts';

export interface ReadSteps {
  /** With the undo and fallback calls as steps of their own. */
  readonly steps: readonly PlanStep[];
  /** By step: the tool that it calls. */
  readonly found: ReadonlyMap<string, RegisteredTool>;
  readonly outputs: StepOutputs;
  readonly inner: ReadonlyMap<StepId, GoodPlan>;
  readonly problems: PlanProblem[];
}

export type ReadStepsOptions = Pick<CheckPlanOptions, 'usedStepIds' | 'inputs' | 'toolsBeside'> & {
  /** Checks a plan inside of the plan. */
  readonly checkInner: (
    plan: WrittenPlan,
    given: Pick<CheckPlanOptions, 'inputs' | 'toolsBeside' | 'usedStepIds' | 'earlierStepIds'>,
  ) => Promise<CheckedPlan>;
};

/** The steps as they will run, each by itself: what they say of each other is checked elsewhere. */
export async function readSteps(
  plan: WrittenPlan,
  tools: ToolLookup,
  { usedStepIds = [], inputs, toolsBeside = [], checkInner }: ReadStepsOptions,
): Promise<ReadSteps> {
  const written = writeFallbackSteps(writeUndoSteps(plan));
  const given = inputs === undefined ? [] : [argsStep()];
  const named = written.steps.filter(({ id }) => !isFallbackStep(id));
  const problems = checkIds(named, usedStepIds, given.length > 0);
  const found = new Map<string, RegisteredTool>();
  for (const step of written.steps) {
    if (step.tool === undefined) continue;
    const tool = await findTool(step, step.tool, tools);
    if ('problem' in tool) problems.push(tool.problem);
    else found.set(step.id, tool.tool);
  }
  const beside: ToolId[] = [...toolsBeside, ...[...found.values()].map(({ id }) => id)];
  const steps: PlanStep[] = given;
  const inner = new Map<StepId, GoodPlan>();
  for (const step of written.steps) {
    if (step.tool !== undefined) {
      steps.push(await toPlanStep(step, step.tool, found.get(step.id) ?? null, tools));
      continue;
    }
    problems.push(...checkWait(step));
    const own = await readInner(step, checkInner, beside);
    if ('problems' in own) problems.push(...own.problems);
    const good = 'good' in own ? own.good : null;
    if (good !== null) inner.set(step.id as StepId, good);
    beside.push(...(good?.plan.steps ?? []).map(({ tool }) => tool));
    steps.push({ ...commonOf(step), ...actionStep(step, good?.plan ?? null) });
  }
  return { steps, found, outputs: stepOutputs(steps, found, inputs ?? []), inner, problems };
}

/** Its problems are those of the step that has it. */
async function readInner(
  { id, plan, args = {} }: WrittenStep,
  checkInner: ReadStepsOptions['checkInner'],
  toolsBeside: readonly ToolId[],
): Promise<{ readonly good: GoodPlan | null } | { readonly problems: readonly PlanProblem[] }> {
  if (plan === undefined) return { good: null };
  // Its steps have names of their own, and what the outer plan is given is not theirs.
  const names = { inputs: Object.keys(args), usedStepIds: [], earlierStepIds: [] };
  const checked = await checkInner(plan, { ...names, toolsBeside: [...toolsBeside] });
  if ('plan' in checked) return { good: checked };
  const problems = checked.problems.map((problem) => ({
    ...problem,
    step: id,
    field: problem.field === null ? 'plan' : `plan.${problem.field}`,
    message: `step "${id}", in its plan: ${problem.message.replace(/^plan: /, '')}`,
  }));
  return { problems };
}

function checkIds(
  steps: readonly WrittenStep[],
  used: readonly StepId[],
  isGiven: boolean,
): PlanProblem[] {
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
    if (isGiven && id === ARGS_STEP) {
      return problem('duplicate-id', 'is what the plan is given; give the step another id');
    }
    if (seen.has(id)) return problem('duplicate-id', 'another step has this id; give it its own');
    seen.add(id);
    if (!taken.has(id)) return [];
    return problem('used-id', 'an earlier plan of this run used this id; choose another');
  });
}

async function findTool(
  step: Pick<WrittenStep, 'id'>,
  name: string,
  tools: ToolLookup,
): Promise<{ readonly tool: RegisteredTool } | { readonly problem: PlanProblem }> {
  const tool = await tools.find(name);
  const problem = (kind: PlanProblem['kind'], text: string) => ({
    problem: { kind, step: step.id, field: 'tool', message: `step "${step.id}", "tool": ${text}` },
  });
  if (tool === null || tool.status === 'gone') {
    const advice = didYouMean(name, await tools.ids());
    const state = tool === null ? 'is not registered' : 'is no longer offered by its server';
    const remedy = advice === '' ? ' Search the tools for one that fits.' : advice;
    return problem('unknown-tool', `${shown(name)} ${state}.${remedy}`);
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
  name: string,
  tool: RegisteredTool | null,
  tools: ToolLookup,
): Promise<PlanStep> {
  const expectedMs = tool === null ? null : tools.expectedMs(tool.id);
  return {
    ...(expectedMs === null ? {} : { expectedMs }),
    ...commonOf(step),
    tool: tool?.id ?? (name as PlanStep['tool']),
    args: parseStepArgs(step.args ?? {}),
    // A step whose tool is missing never runs: the plan is refused.
    effect: tool?.effect ?? 'non-idempotent',
    fingerprint: tool?.fingerprint ?? null,
    timeoutMs: step.timeoutMs ?? (tool === null ? 0 : await tools.callTimeoutMs(tool.server)),
    title: step.title ?? tool?.title ?? tool?.name ?? name,
  };
}

function commonOf(step: WrittenStep): Pick<PlanStep, 'id' | 'after' | 'onFailure'> {
  return {
    id: step.id as StepId,
    after: (step.after ?? []) as StepId[],
    onFailure: step.onFailure ?? 'abort',
    ...flowOf(step),
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
            takesPlaces: true,
          },
        }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(optional === undefined ? {} : { optional }),
  };
}
