import { isServiceError } from '../errors.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonObject } from '../../common/json.ts';
import type { Plan, PlanStep, StepId } from '../../common/plan.ts';
import { resolveArgs } from '../../common/resolve-args.ts';
import { keepWithin } from '../../common/result-size.ts';
import { resultText } from '../../common/result-value.ts';
import { dependenciesOf, orderSteps } from '../../common/order-steps.ts';
import { createSchedule } from '../../common/schedule.ts';
import type { ToolResult } from '../../common/tool.ts';

/** One tool call of an item; ledger, breaker and retries are behind it. */
export type CallStep = (step: PlanStep, args: JsonObject) => Promise<ToolResult>;

export interface LightEnd {
  readonly outcome: 'completed' | 'partial' | 'failed';
  readonly problemType: string | null;
  readonly problem: string | null;
  readonly results: Readonly<Record<string, ToolResult>>;
  /** Steps whose tool answered with an error: a resume calls them anew, and only them. */
  readonly refused: readonly string[];
}

interface Problem {
  readonly type: string;
  readonly text: string;
}

const SHOWN_CHARS = 300;

/**
 * Runs a plan in this process, by the rules of `executePlan`: each step once what it needs is there,
 * `abort` ends the plan, `skip-dependents` goes on without what depends on it. Where a step has an
 * effect the steps go one by one, as they were written: nothing has compared what this item's values
 * make them touch, and it is the items that run side by side. Nothing is written
 * between the steps: a second attempt gets what was done from the effect ledger, and reads again.
 *
 * @throws what `call` throws where another attempt may mend it, and the reason of a raised signal.
 */
export async function runLightItem(
  plan: Plan,
  call: CallStep,
  signal: AbortSignal,
): Promise<LightEnd> {
  const schedule = createSchedule(plan.steps);
  const results = new Map<StepId, ToolResult>();
  const problems: { readonly step: PlanStep; readonly problem: Problem }[] = [];
  const refused: string[] = [];
  let aborted = false;
  /** What another attempt may mend; no step is begun after it, and those begun end first. */
  let left: unknown = null;

  const finish = async (step: PlanStep): Promise<void> => {
    const problem = await attempt(step).catch((error: unknown) => {
      left ??= error;
      return undefined;
    });
    if (problem === undefined) return;
    schedule.settle(step.id, problem === null);
    if (problem !== null) {
      problems.push({ step, problem });
      aborted ||= step.onFailure === 'abort';
    }
  };
  const attempt = async (step: PlanStep): Promise<Problem | null> => {
    try {
      const result = await call(step, resolveArgs(step.args, results));
      results.set(step.id, result);
      if (!result.isError) return null;
      refused.push(step.id);
      const text = `The tool answered with an error: ${resultText(result).slice(0, SHOWN_CHARS)}`;
      return { type: 'ToolError', text };
    } catch (error) {
      signal.throwIfAborted();
      if (isServiceError(error) && error.retry.allowed) throw error;
      const text = error instanceof Error ? error.message : String(error);
      return { type: isServiceError(error) ? error.type : FAILURE.badInput, text };
    }
  };
  const startReady = async (): Promise<void> => {
    const started: Promise<void>[] = [];
    for (let step = schedule.next(); step !== null; step = schedule.next()) {
      if (aborted || left !== null) break;
      started.push(finish(step).then(startReady));
    }
    await Promise.all(started);
  };
  const oneByOne = async (): Promise<void> => {
    const succeeded = new Set<StepId>();
    for (const step of inOrder(plan.steps)) {
      if (aborted || left !== null) return;
      if (!dependenciesOf(step).every((id) => succeeded.has(id))) continue;
      const before = problems.length;
      await finish(step);
      if (problems.length === before) succeeded.add(step.id);
    }
  };
  await (plan.steps.every(({ effect }) => effect === 'read') ? startReady() : oneByOne());
  if (left !== null) throw left as Error;
  return { ...judge(problems, aborted), results: keepWithin(Object.fromEntries(results)), refused };
}

function judge(
  problems: readonly { readonly step: PlanStep; readonly problem: Problem }[],
  aborted: boolean,
): Pick<LightEnd, 'outcome' | 'problemType' | 'problem'> {
  const [first] = problems;
  if (first === undefined) return { outcome: 'completed', problemType: null, problem: null };
  const { step, problem } = problems.find((each) => each.step.onFailure === 'abort') ?? first;
  return {
    outcome: aborted ? 'failed' : 'partial',
    problemType: problem.type,
    problem: `Step "${step.id}" (${step.tool}) failed: ${problem.text}`,
  };
}

/** As they were written, where each then follows what it needs. */
function inOrder(steps: readonly PlanStep[]): readonly PlanStep[] {
  const seen = new Set<StepId>();
  const follows = steps.every((step) => {
    seen.add(step.id);
    return dependenciesOf(step).every((id) => seen.has(id));
  });
  if (follows) return steps;
  const ordered = orderSteps(steps);
  return 'steps' in ordered ? ordered.steps : [];
}
