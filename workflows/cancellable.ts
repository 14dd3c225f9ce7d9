// Runs in the workflow sandbox: what every run answers while it is open.
import { CancellationScope, ContinueAsNew, isCancellation, setHandler } from '@temporalio/workflow';
import { cancelUpdate, progressQuery } from './definitions.ts';
import type { RunBudget } from './run-budget.ts';
import type { RunState } from './run-state.ts';
import { progressOf } from './run-state.ts';

/**
 * Runs `body` with the `progress` query and the `cancel` update in place. A run ended by the update
 * gives `whenCancelled()`; one ended by Temporal's own cancellation ends as cancelled in Temporal. The
 * run above knows then what was spent.
 *
 * @param alwaysInOrder also one ended by Temporal's own cancellation gives `whenCancelled()`: a later
 *   round of it is to know what was done. @default false
 */
export async function cancellable<Result>(
  { state, budget }: { readonly state: RunState; readonly budget: RunBudget },
  body: () => Promise<Result>,
  whenCancelled: (reason: string) => Result,
  alwaysInOrder = false,
): Promise<Result> {
  const scope = new CancellationScope();
  setHandler(progressQuery, () => progressOf(state));
  setHandler(
    cancelUpdate,
    ({ reason }) => {
      state.cancelReason ??= reason;
      scope.cancel();
      return { accepted: true };
    },
    {
      validator: (request) => {
        if (typeof request?.reason === 'string') return;
        throw new Error('"cancel" takes {reason: string}.');
      },
    },
  );
  let leaves = false;
  try {
    return await scope.run(body);
  } catch (error) {
    leaves = error instanceof ContinueAsNew;
    const reason =
      state.cancelReason ?? (alwaysInOrder ? 'What it belongs to was cancelled.' : null);
    if (!isCancellation(error) || reason === null) throw error;
    return whenCancelled(reason);
  } finally {
    state.phase = 'ended';
    state.revision += 1;
    // What it was lent goes along where it continues as new.
    if (!leaves) await budget.told();
  }
}
