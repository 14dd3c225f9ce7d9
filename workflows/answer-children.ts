// Runs in the workflow sandbox: a run's answers to the child runs that share its budget.
import { HandlerUnfinishedPolicy } from '@temporalio/common';
import { condition, getExternalWorkflowHandle, patched, setHandler } from '@temporalio/workflow';
import type { Budget } from '../common/budget.ts';
import type { ParentBudget } from './ask-parent-budget.ts';
import type { BudgetAsk } from './definitions.ts';
import { budgetAnswerSignal, budgetAskSignal, budgetSettleSignal } from './definitions.ts';
import type { HeldCalls } from './held-calls.ts';
import type { CallLoans } from './lend-calls.ts';
import type { SharedBudget } from './shared-budget.ts';

interface Answering {
  readonly budget: Budget;
  readonly parent: ParentBudget | null;
  readonly shared: SharedBudget;
  readonly loans: CallLoans;
  readonly held: HeldCalls;
  readonly isPaused: () => boolean;
}

/** Signal handlers record and answer; a child that is gone needs no answer. */
export function answerChildren(given: Answering): void {
  const { budget, parent, shared, loans, held, isPaused } = given;
  const lend = (child: string, answer: string, ahead: number): number => {
    const lent = loans.lend(child, answer, ahead);
    if (lent === 0) return 0;
    budget.takeToolCalls(lent);
    parent?.loan.take(lent);
    return lent;
  };
  const answer = async ({ from, id, wants, count, ahead = 0 }: BudgetAsk): Promise<void> => {
    const call = `${from}#${id}`;
    const isModel = wants === 'model-call';
    // What is below a paused run starts no more than the run itself.
    if (isPaused()) await condition(() => !isPaused());
    const limit = isModel ? await shared.reserveModelCall(call) : null;
    if (!isModel) loans.asked(from);
    const took = isModel
      ? { granted: limit === null ? 1 : 0, limit }
      : await shared.takeToolCalls(count, count + ahead);
    const lent = isModel || took.limit !== null ? 0 : lend(from, id, ahead);
    if (!isModel) held.granted(from, took.granted + lent);
    try {
      const more = lent === 0 ? {} : { lent };
      await getExternalWorkflowHandle(from).signal(budgetAnswerSignal, { id, ...took, ...more });
    } catch {
      if (isModel && limit === null) shared.settleModelCall(call, null);
      // Nobody has learned of them, so they are not made.
      const unused = isModel ? 0 : took.granted + lent;
      const comesBack = lent > 0 || (unused > 0 && patched('lost-calls'));
      if (comesBack && held.returned(from, unused)) shared.returnToolCalls(unused);
    }
  };
  setHandler(budgetAskSignal, answer, { unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON });
  setHandler(budgetSettleSignal, ({ from, returnedToolCalls, modelCall, recall }) => {
    if (returnedToolCalls > 0 && held.returned(from, returnedToolCalls)) {
      shared.returnToolCalls(returnedToolCalls);
    }
    if (modelCall !== null) shared.settleModelCall(`${from}#${modelCall.id}`, modelCall.usage);
    if (recall !== undefined) loans.answered(from, recall);
  });
}
