// Runs in the workflow sandbox: what became of the items of a list so far.
import { CancellationScope, patched } from '@temporalio/workflow';
import type { BudgetLimit } from '../common/budget.ts';
import type { EndedItem } from '../common/carried-run.ts';
import type { JsonValue } from '../common/json.ts';
import type { PlanStep } from '../common/plan.ts';
import { countText, resultValue } from '../common/result-value.ts';
import type { ToolResult } from '../common/tool.ts';
import type { PlanRun } from './execute-plan.ts';
import { updateStep } from './run-state.ts';
import type { StepEnd } from './run-step.ts';

export interface ItemEnds {
  goesOn(): boolean;
  /** It has ended, in this run or before it continued as new. */
  has(at: number): boolean;
  /** @returns whether the call may be made. */
  admit(at: number, refused: BudgetLimit | null): boolean;
  /** @returns whether the next item may begin. */
  keep(at: number, end: StepEnd): boolean;
  /** Of the step, once nothing of it runs. */
  end(): StepEnd;
}

/** @param scope of the calls: one that fails ends the others */
export function createItemEnds(
  step: PlanStep,
  items: readonly JsonValue[],
  run: PlanRun,
  scope: CancellationScope,
): ItemEnds {
  const ended = new Map<number, ToolResult | null>(run.state.itemsEnded.get(step.id));
  run.state.itemsEnded.delete(step.id);
  let problem: string | null = null;
  let limit: BudgetLimit | null = null;
  let isHeld = false;
  return {
    goesOn: () => problem === null && !isHeld && !scope.consideredCancelled,
    has: (at) => ended.has(at),
    admit(at, refused) {
      if (refused === null) {
        run.state.toolCalls += 1;
        return true;
      }
      limit = refused;
      problem = `The run reached ${refused} at item ${at} of ${items.length}.`;
      return false;
    },
    keep(at, end) {
      if (end.held === true) {
        isHeld = true;
        return false;
      }
      const isDone = end.problem === null && end.result !== null;
      if (!isDone && (step.optional !== true || end.stopped)) {
        problem ??= end.stopped ? 'The step was stopped.' : `Item ${at}: ${end.problem}`;
        scope.cancel();
        return false;
      }
      ended.set(at, isDone ? end.result : null);
      updateStep(run.state, step.id, { preview: `${ended.size} of ${items.length} items` });
      return true;
    },
    end() {
      const stopped = CancellationScope.current().consideredCancelled;
      if (problem !== null || stopped) {
        return { result: null, problem: problem ?? 'The step was stopped.', stopped, limit };
      }
      if (isHeld) {
        leaveItems(step, ended, run);
        return { result: null, problem: null, stopped: false, held: true };
      }
      const values = items.map((_, at) => itemValue(ended.get(at) ?? null));
      return { result: listResult(values), problem: null, stopped: false };
    },
  };
}

/**
 * What has ended is neither called again nor asked about when the step goes on. Histories that are
 * older call all of it again, under the same keys, so that no effect happens twice.
 */
function leaveItems(
  { id }: PlanStep,
  ended: ReadonlyMap<number, ToolResult | null>,
  { state }: PlanRun,
): void {
  if (ended.size === 0 || !patched('items-end-once')) return;
  state.itemsEnded.set(id, [...ended] satisfies EndedItem[]);
}

/** A large answer stays where it is: a reference to its place is filled in by the next call. */
function itemValue(result: ToolResult | null): JsonValue {
  if (result === null) return null;
  if (result.artifact === null) return resultValue(result);
  return { $artifact: result.artifact.artifactId, path: '' };
}

function listResult(items: readonly JsonValue[]): ToolResult {
  return {
    isError: false,
    content: [{ kind: 'text', text: countText(items) }],
    structured: { items },
    artifact: null,
  };
}
