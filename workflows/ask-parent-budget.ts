// Runs in the workflow sandbox: a child run's side of a shared budget.
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { BudgetOwner } from '../common/agent.ts';
import type { BudgetAnswer, BudgetAsk, BudgetSettle } from './definitions.ts';
import { budgetAnswerSignal, budgetAskSignal, budgetSettleSignal } from './definitions.ts';

export interface ParentBudget {
  /**
   * Waits for the parent's answer. Tool calls asked for in one turn of the workflow go as one
   * question; those asked for first are granted first.
   */
  ask(wants: BudgetAsk['wants'], count: number): Promise<BudgetAnswer>;
  settle(end: Omit<BudgetSettle, 'from'>): void;
  /** Resolves when the parent has all that was told: a run that ends earlier loses it. */
  told(): Promise<void>;
}

interface Waiting {
  readonly count: number;
  readonly resolve: (answer: BudgetAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export function askParentBudget(owner: BudgetOwner): ParentBudget {
  const parent = getExternalWorkflowHandle(owner.workflowId);
  const from = workflowInfo().workflowId;
  const answers = new Map<string, BudgetAnswer>();
  const telling = new Set<Promise<void>>();
  let waiting: Waiting[] = [];
  setHandler(budgetAnswerSignal, (answer) => {
    answers.set(answer.id, answer);
  });

  const question = async (wants: BudgetAsk['wants'], count: number): Promise<BudgetAnswer> => {
    const id = uuid4();
    await parent.signal(budgetAskSignal, { from, id, wants, count });
    await condition(() => answers.has(id));
    const answer = answers.get(id);
    answers.delete(id);
    if (answer === undefined) throw new Error(`The answer to question ${id} is gone.`);
    return answer;
  };
  const askForAll = async (): Promise<void> => {
    const all = waiting;
    waiting = [];
    const count = all.reduce((sum, one) => sum + one.count, 0);
    try {
      const answer = await question('tool-calls', count);
      let left = answer.granted;
      for (const one of all) {
        const granted = Math.min(one.count, left);
        left -= granted;
        one.resolve({ ...answer, granted, limit: granted < one.count ? answer.limit : null });
      }
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
  };
  return {
    ask(wants, count) {
      if (wants === 'model-call') return question(wants, count);
      return new Promise((resolve, reject) => {
        waiting.push({ count, resolve, reject });
        // All that asks in this turn of the workflow is in the list by then.
        if (waiting.length === 1) void Promise.resolve().then(askForAll);
      });
    },
    settle(end) {
      // A parent that is gone counts no more.
      const told = CancellationScope.nonCancellable(() =>
        parent.signal(budgetSettleSignal, { from, ...end }),
      )
        .catch(() => undefined)
        .then(() => void telling.delete(told));
      telling.add(told);
    },
    told: () => CancellationScope.nonCancellable(async () => void (await Promise.all(telling))),
  };
}
