// Runs in the workflow sandbox: tool calls that a run lends to its child runs.
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  patched,
  sleep,
  uuid4,
} from '@temporalio/workflow';
import { budgetRecallSignal } from './definitions.ts';

/**
 * A child that asked for each call would cost its parent's history about nine events each time. So it
 * is lent a part of what is left, and asks again when that is used up. What is lent counts as taken:
 * the limits hold whatever becomes of the child.
 */
export interface CallLoans {
  /** @param answer that tells the child. @returns how many it is lent; they are to be taken. */
  lend(child: string, answer: string, ahead: number): number;
  /** Lent and, as far as is known, not made. */
  outstanding(): number;
  /** Whether a recall may bring calls. */
  mayBring(): boolean;
  /** Resolves when all children have given back what they had, have ended, or are late. */
  recall(): Promise<void>;
  /** The child has asked: what it was lent is used up. */
  asked(child: string): void;
  answered(child: string, recall: string): void;
  /** Something else brings calls: who is short waits for that too. */
  bring(more: Promise<void>): Promise<void>;
  begun(child: string): void;
  ended(child: string): void;
  /** Tells all below whether the run is paused; what they were lent comes back. */
  passOnPause(): void;
}

interface Child {
  lent: number;
  mayHold: boolean;
  lastLoan: string | null;
  recall: string | null;
}

/** Of what is left, so that many children find enough, and a child that is killed costs little. */
const SHARE = 8;
const MOST = 64;
/** A child whose worker hangs gives back later. */
const RECALL_WAIT_MS = 10_000;
/** A child that is about to start cannot be told yet. */
const TELL_AGAIN_MS = 1_000;
const TELLS = 3;

/** @param surplus tool calls that nobody has been granted or lent */
export function createCallLoans(surplus: () => number, isPaused: () => boolean): CallLoans {
  const children = new Map<string, Child>();
  const bringing = createBringing();
  const childOf = (id: string): Child => {
    const child = children.get(id) ?? { lent: 0, mayHold: false, lastLoan: null, recall: null };
    children.set(id, child);
    return child;
  };
  const settled = (child: Child): void => {
    Object.assign(child, { lent: 0, mayHold: false, recall: null });
  };

  const tell = async (id: string, child: Child): Promise<void> => {
    const recall = uuid4();
    child.recall = recall;
    const handle = getExternalWorkflowHandle(id);
    for (let told = 1; told <= TELLS && child.recall === recall; told += 1) {
      try {
        const order = { id: recall, after: child.lastLoan, isPaused: isPaused() };
        return await handle.signal(budgetRecallSignal, order);
      } catch {
        // It has ended, or is about to start.
        if (child.mayHold || !isPaused() || children.get(id) !== child) break;
        await sleep(TELL_AGAIN_MS);
      }
    }
    settled(child);
  };
  const tellAll = (asked: readonly (readonly [string, Child])[]): Promise<void> =>
    CancellationScope.nonCancellable(async () => {
      for (const [id, child] of asked) void tell(id, child);
      await condition(() => asked.every(([, { recall }]) => recall === null), RECALL_WAIT_MS);
      for (const [, child] of asked) settled(child);
    });
  const callBack = (asked: readonly (readonly [string, Child])[]): Promise<void> =>
    bringing.add(tellAll(asked));
  const holders = () => [...children].filter(([, { mayHold }]) => mayHold);

  return {
    lend(id, answer, ahead) {
      const share = Math.min(ahead, MOST, Math.floor(surplus() / SHARE));
      if (share < 1 || bringing.now() !== null || isPaused() || !patched('budget-slices')) return 0;
      const child = childOf(id);
      Object.assign(child, { lent: child.lent + share, mayHold: true, lastLoan: answer });
      return share;
    },
    outstanding: () => [...children.values()].reduce((sum, { lent }) => sum + lent, 0),
    mayBring: () => bringing.now() !== null || holders().length > 0,
    recall: () => bringing.now() ?? callBack(holders()),
    asked(id) {
      childOf(id).lent = 0;
    },
    answered(id, recall) {
      const child = children.get(id);
      if (child?.recall === recall) settled(child);
    },
    bring: bringing.add,
    begun: (id) => void childOf(id),
    ended(id) {
      const child = children.get(id);
      children.delete(id);
      if (child !== undefined) settled(child);
    },
    passOnPause() {
      if (children.size > 0 && patched('budget-slices')) void callBack([...children]);
    },
  };
}

/** All that may bring calls at the moment. */
function createBringing() {
  let all: Promise<void> | null = null;
  return {
    now: () => all,
    add(more: Promise<void>): Promise<void> {
      const both = Promise.all([all, more]).then(() => {
        if (all === both) all = null;
      });
      all = both;
      return both;
    },
  };
}
