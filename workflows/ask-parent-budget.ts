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
import type { BudgetState } from '../common/budget.ts';
import type { BudgetAnswer, BudgetAsk, BudgetSettle } from './definitions.ts';
import { budgetAnswerSignal, budgetAskSignal, budgetSettleSignal } from './definitions.ts';

export interface ParentBudget {
  /**
   * Waits for the parent's answer. Tool calls asked for in one turn of the workflow go as one
   * question; those asked for first are granted first.
   *
   * @param ahead tool calls that are likely to follow
   */
  ask(wants: BudgetAsk['wants'], count: number, ahead?: number): Promise<BudgetAnswer>;
  settle(end: Omit<BudgetSettle, 'from'>): void;
  /** Resolves when the parent has all that was told: a run that ends earlier loses it. */
  told(): Promise<void>;
  readonly loan: Loan;
}

/** Tool calls that the parent has lent. */
export interface Loan {
  left(): number;
  /** What goes along when the run continues as new. */
  state(): Pick<BudgetState, 'lent' | 'lastLoan'>;
  /** @returns how many of them there were. */
  take(count: number): number;
  /** Calls that were granted or lent and not made. */
  putBack(count: number): void;
  /** Waits until an answer that is known to have been sent is here, then gives up all. */
  surrender(after: string | null): Promise<number>;
}

interface Waiting {
  readonly count: number;
  readonly ahead: number;
  readonly resolve: (answer: BudgetAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** An answer that is on its way comes within moments. */
const ANSWER_WAIT_MS = 5_000;
const MAX_SEEN = 50;

export function askParentBudget(owner: BudgetOwner, from?: BudgetState): ParentBudget {
  const parent = getExternalWorkflowHandle(owner.workflowId);
  const own = workflowInfo().workflowId;
  const answers = new Map<string, BudgetAnswer>();
  const telling = new Set<Promise<void>>();
  let waiting: Waiting[] = [];
  const settle: ParentBudget['settle'] = (end) => {
    // A parent that is gone counts no more.
    const told = CancellationScope.nonCancellable(() =>
      parent.signal(budgetSettleSignal, { from: own, ...end }),
    )
      .catch(() => undefined)
      .then(() => void telling.delete(told));
    telling.add(told);
  };
  const { loan, arrived } = createLoan(from, (count) =>
    settle({ returnedToolCalls: count, modelCall: null }),
  );
  setHandler(budgetAnswerSignal, (answer) => {
    answers.set(answer.id, answer);
    arrived(answer);
  });

  const question = async (
    wants: BudgetAsk['wants'],
    count: number,
    ahead: number,
  ): Promise<BudgetAnswer> => {
    const id = uuid4();
    await parent.signal(budgetAskSignal, { from: own, id, wants, count, ahead });
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
    const ahead = Math.max(...all.map((one) => one.ahead)) - count;
    try {
      const answer = await question('tool-calls', count, Math.max(0, ahead));
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
    ask(wants, count, ahead = 0) {
      if (wants === 'model-call') return question(wants, count, 0);
      return new Promise((resolve, reject) => {
        waiting.push({ count, ahead, resolve, reject });
        // All that asks in this turn of the workflow is in the list by then.
        if (waiting.length === 1) void Promise.resolve().then(askForAll);
      });
    },
    settle,
    loan,
    told: () =>
      CancellationScope.nonCancellable(async () => {
        const returnedToolCalls = loan.take(loan.left());
        if (returnedToolCalls > 0) settle({ returnedToolCalls, modelCall: null });
        await Promise.all(telling);
      }),
  };
}

function createLoan(from: BudgetState | undefined, giveBack: (count: number) => void) {
  let { lent: left = 0, lastLoan } = from ?? {};
  /** The parent may call back what is put here; else it learns of it at once. */
  let isOpen = left > 0;
  const seen = new Set<string>(lastLoan === undefined ? [] : [lastLoan]);
  const loan: Loan = {
    left: () => left,
    state: () => ({
      ...(left === 0 ? {} : { lent: left }),
      ...(lastLoan === undefined ? {} : { lastLoan }),
    }),
    take(count) {
      const taken = Math.min(count, left);
      left -= taken;
      return taken;
    },
    putBack(count) {
      if (isOpen) left += count;
      else giveBack(count);
    },
    async surrender(after) {
      if (after !== null && !seen.has(after)) {
        await condition(() => seen.has(after), ANSWER_WAIT_MS);
      }
      isOpen = false;
      return loan.take(left);
    },
  };
  const arrived = ({ id, lent: more = 0 }: BudgetAnswer): void => {
    if (more === 0) return;
    left += more;
    lastLoan = id;
    isOpen = true;
    seen.add(id);
    const [oldest] = seen;
    if (seen.size > MAX_SEEN && oldest !== undefined) seen.delete(oldest);
  };
  return { loan, arrived };
}
