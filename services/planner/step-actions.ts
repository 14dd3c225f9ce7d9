import { parseMoment } from '../../common/moment.ts';
import type { Plan, PlanStep, StepAction, StepId } from '../../common/plan.ts';
import { parseStepArg, parseStepArgs } from '../../common/step-arg.ts';
import type { ToolId } from '../../common/tool.ts';
import type { WrittenStep } from '../../common/written-plan.ts';
import type { PlanProblem } from './plan-problem.ts';
import { shown } from './plan-problem.ts';

/** How a plan calls what its step was given; see `WrittenStep.plan`. */
export const ARGS_STEP = 'args' as StepId;

/** As long as its run may take. */
const LONGEST_MS = 7 * 24 * 3_600_000;

/** A step that calls no tool. @param plan what it runs, checked; `null` where it runs none */
export function actionStep(
  step: WrittenStep,
  plan: Plan | null,
): Pick<PlanStep, 'tool' | 'args' | 'effect' | 'fingerprint' | 'timeoutMs' | 'title' | 'action'> {
  const action = actionOf(step, plan);
  return {
    tool: action.kind as ToolId,
    args: inputsOf(step),
    // Neither merged nor left out, but for a plan that only reads.
    effect: plan !== null && isReadOnly(plan) ? 'read' : 'non-idempotent',
    fingerprint: null,
    timeoutMs: step.timeoutMs ?? LONGEST_MS,
    title: step.title ?? titleOf(step, plan),
    action,
  };
}

/** What a plan is given, as its first step. */
export function argsStep(): PlanStep {
  return {
    id: ARGS_STEP,
    tool: 'value' as ToolId,
    args: {},
    after: [],
    onFailure: 'abort',
    effect: 'read',
    fingerprint: null,
    timeoutMs: LONGEST_MS,
    title: 'what the plan is given',
    action: { kind: 'value' },
  };
}

/** What is wrong with what is known now of when a wait ends. */
export function checkWait({ id, waitFor }: WrittenStep): PlanProblem[] {
  const problem = (field: string, text: string): PlanProblem[] => [
    { kind: 'bad-argument', step: id, field, message: `step "${id}", "${field}": ${text}` },
  ];
  const { seconds, until } = waitFor ?? {};
  if (typeof seconds === 'string' && parseStepArg(seconds).kind === 'literal') {
    return problem('waitFor.seconds', `received ${shown(seconds)}: give a number or a reference`);
  }
  if (until === undefined || parseStepArg(until).kind !== 'literal' || parseMoment(until) !== null)
    return [];
  const example = 'as in 2027-01-31T09:00:00+01:00';
  return problem(
    'waitFor.until',
    `received ${shown(until)}: give a time with its zone, ${example}`,
  );
}

function isReadOnly({ steps }: Plan): boolean {
  return steps.every(({ effect }) => effect === 'read');
}

function actionOf({ waitFor, agent, plan: written }: WrittenStep, plan: Plan | null): StepAction {
  if (waitFor?.signal !== undefined) return { kind: 'signal', name: waitFor.signal };
  if (waitFor !== undefined) return { kind: 'wait' };
  if (agent !== undefined) {
    const { goal: _goal, ...limits } = agent;
    return { kind: 'agent', limits };
  }
  // One that is wrong may have anything there.
  if (plan === null) return { kind: 'plan', plan: { steps: [] }, returns: null };
  const returns = (written?.returns as readonly StepId[] | undefined) ?? null;
  return { kind: 'plan', plan, returns };
}

function inputsOf({ waitFor, agent, args }: WrittenStep): PlanStep['args'] {
  if (agent !== undefined) return { goal: parseStepArg(agent.goal) };
  if (waitFor === undefined) return parseStepArgs(args ?? {});
  const { seconds, until } = waitFor;
  return parseStepArgs({
    ...(seconds === undefined ? {} : { seconds }),
    ...(until === undefined ? {} : { until }),
  });
}

function titleOf({ waitFor, agent }: WrittenStep, plan: Plan | null): string {
  if (waitFor?.signal !== undefined) return `wait for the signal "${waitFor.signal}"`;
  if (waitFor !== undefined) return 'wait';
  if (agent !== undefined) return agent.goal.replace(/\s+/g, ' ').slice(0, 200);
  return `plan of ${plan?.steps.length ?? 0} steps`;
}
