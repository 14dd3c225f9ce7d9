// Runs in the workflow sandbox: takes back what a plan did before it failed.
import { CancellationScope, patched } from '@temporalio/workflow';
import type { Plan, PlanStep, StepId } from '../common/plan.ts';
import type { ToolResult } from '../common/tool.ts';
import type { PlanRun } from './execute-plan.ts';
import { runStep } from './run-step.ts';
import { addSteps, updateStep } from './run-state.ts';

/** Even a run whose time is over takes back what it did; Temporal's own limit is a minute away. */
const LEAST_MS = 45_000;

/**
 * Calls the undo of each step that is done and has one, the latest first and one at a time: what
 * was built on something goes before it. Takes no call from the budget, and goes on when an undo
 * fails: its step then says so.
 *
 * @param results in the order in which the steps ended.
 * @returns what was done, in a sentence; `null`: nothing was there to undo.
 */
export async function rollBack(
  plan: Plan,
  results: ReadonlyMap<StepId, ToolResult>,
  run: PlanRun,
): Promise<string | null> {
  const done = [...results.keys()].reverse().flatMap((id) => {
    const step = plan.steps.find((each) => each.id === id);
    const isDone = run.state.steps.get(id)?.state === 'done';
    return step !== undefined && isDone ? (undoOf(step) ?? []) : [];
  });
  if (done.length === 0) return null;
  addSteps(
    run.state,
    done.map(({ undo }) => undo),
  );
  const undone: string[] = [];
  const kept: string[] = [];
  const undoing = undisturbed(run);
  await CancellationScope.nonCancellable(async () => {
    for (const { of, undo } of done) {
      run.state.toolCalls += 1;
      const undoEnd = await runStep(undo, results, undoing);
      const problem = undoEnd.held === true ? 'It was not called.' : undoEnd.problem;
      (problem === null ? undone : kept).push(of);
      const end = problem === null ? `Undone by "${undo.id}".` : `Its undo failed: ${problem}`;
      updateStep(run.state, of, { problem: end });
    }
  });
  return [
    ...(undone.length === 0 ? [] : [`Rolled back: ${undone.join(', ')}.`]),
    ...(kept.length === 0 ? [] : [`Not rolled back: ${kept.join(', ')}.`]),
  ].join(' ');
}

/**
 * An undo waits for a person for as long as it may, whether a message comes or the run is to continue
 * as new; one that is denied gives no call back, since it took none.
 */
function undisturbed(run: PlanRun): PlanRun {
  const unhurried = { ...run, deadlineMs: Math.max(run.deadlineMs, Date.now() + LEAST_MS) };
  if (!patched('undisturbed-rollback')) return unhurried;
  const never = (): boolean => false;
  return {
    ...unhurried,
    budget: { ...run.budget, returnToolCall: () => undefined },
    control: { ...run.control, isLeaving: never, withdrawsApprovals: never },
  };
}

function undoOf(step: PlanStep): { readonly of: StepId; readonly undo: PlanStep }[] | null {
  if (step.undo === undefined) return null;
  const undo: PlanStep = {
    ...step.undo,
    id: `${step.id}_undo` as StepId,
    after: [step.id],
    onFailure: 'skip-dependents',
    title: `undo: ${step.title}`,
  };
  return [{ of: step.id, undo }];
}
