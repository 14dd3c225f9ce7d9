// Runs in the workflow sandbox: what a run and its child runs may still spend.
import { HandlerUnfinishedPolicy } from '@temporalio/common';
import { condition, setHandler, workflowInfo } from '@temporalio/workflow';
import type { AgentLimits, BudgetOwner } from '../common/agent.ts';
import type { Budget, BudgetLimit, BudgetState } from '../common/budget.ts';
import { createBudget } from '../common/budget.ts';
import type { LlmUsage } from '../common/llm.ts';
import { answerChildren } from './answer-children.ts';
import type { ParentBudget } from './ask-parent-budget.ts';
import { askParentBudget } from './ask-parent-budget.ts';
import { budgetRecallSignal } from './definitions.ts';
import { createHeldCalls } from './held-calls.ts';
import { createCallLoans } from './lend-calls.ts';
import type { CallLoans } from './lend-calls.ts';
import { createSharedBudget } from './shared-budget.ts';

/** `call` is given back when the call has ended. */
export type ModelGrant =
  | { readonly kind: 'granted'; readonly call: string }
  | { readonly kind: 'refused'; readonly limit: BudgetLimit };

/**
 * The budget of one run. Child runs ask by signal, so the parent's workflow is the one place that
 * counts: it is durable, and nothing else decides at the same time. A child of a child asks its own
 * parent, which asks on: the limits of every run above it hold.
 */
export interface RunBudget {
  /**
   * @param ahead calls that are likely to follow, where it is more than the run knows by itself.
   * @returns the limit that forbids the call; `null`: it is taken.
   */
  takeToolCall(ahead?: number): Promise<BudgetLimit | null>;
  /** A call that was taken and will not be made. */
  returnToolCall(): void;
  /** What child runs were lent and may not have used included. */
  toolCallsLeft(): number;
  /** The limit of this run that lets no further call be made; `null`: there is none yet. */
  usedUp(): BudgetLimit | null;
  /** What its own limit leaves to be spent, US dollars; `null`: it has none. */
  usdLeft(): number | null;
  /** Waits while what is left is set aside for calls in flight. */
  takeModelCall(): Promise<ModelGrant>;
  /** @param usage `null`: the call was not made. */
  settleModelCall(call: string, usage: LlmUsage | null): void;
  /** What a child run is told of whom it is to ask. @param countsModels whatever the limits are */
  ownerFor(countsModels: boolean): BudgetOwner;
  /** For whoever starts a child run: call it before. */
  openChild(workflowId: string): void;
  /** For whoever starts a child run: call it when the child has ended, however it did. */
  closeChild(workflowId: string): void;
  /** Tool calls that a child run was granted or lent so far and has not given back. */
  heldBy(workflowId: string): number;
  /** A child run was killed: what it has not used comes back. @param used `null`: nobody can tell */
  lost(workflowId: string, used: Promise<number | null>): Promise<void>;
  /** The run was paused, or goes on. */
  passOnPause(): void;
  /** Before a run ends: resolves when the run above it knows what was spent. */
  told(): Promise<void>;
  state(): BudgetState;
}

export interface RunBudgetOptions {
  readonly from?: BudgetState | undefined;
  /** @default it never is */
  readonly isPaused?: () => boolean;
  /** Tool calls that are likely to follow. @default 0 */
  readonly ahead?: () => number;
}

export function createRunBudget(
  limits: AgentLimits,
  owner: BudgetOwner | undefined,
  { from, isPaused = () => false, ahead = () => 0 }: RunBudgetOptions = {},
): RunBudget {
  const { maxToolCalls, maxTokens = null, maxCostUsd = null } = limits;
  const budget = createBudget({ maxToolCalls, maxTokens, maxCostUsd }, from);
  const parent = owner === undefined ? null : askParentBudget(owner, from);
  const hold = { isHeld: from?.isHeld === true };
  const isStopped = (): boolean => hold.isHeld || isPaused();
  const surplus = (): number =>
    Math.min(budget.toolCallsLeft(), parent === null ? Infinity : parent.loan.left());
  const loans = createCallLoans(surplus, isStopped);
  const forModels = owner?.isForToolsOnly === true ? null : parent;
  const shared = createSharedBudget(budget, { forTools: parent, forModels }, loans);
  const own = workflowInfo().workflowId;
  let calls = 0;
  const held = createHeldCalls();
  answerChildren({ budget, parent, shared, loans, held, isPaused: isStopped });
  if (parent !== null) giveBackWhenAsked(budget, parent, loans, hold);
  const countsModels = forModels !== null || maxTokens !== null || maxCostUsd !== null;
  return {
    async takeToolCall(known = 0) {
      const { granted, limit } = await shared.takeToolCalls(1, Math.max(known, ahead()));
      return granted === 1 ? null : limit;
    },
    returnToolCall: () => shared.returnToolCalls(1),
    toolCallsLeft: () => budget.toolCallsLeft() + loans.outstanding(),
    usedUp: () => budget.usedUp(),
    usdLeft: () =>
      maxCostUsd === null ? null : Math.max(0, maxCostUsd - budget.state().spent.costUsd),
    async takeModelCall() {
      if (hold.isHeld) await condition(() => !hold.isHeld);
      const call = `${own}#${(calls += 1)}`;
      const limit = await shared.reserveModelCall(call);
      return limit === null ? { kind: 'granted', call } : { kind: 'refused', limit };
    },
    settleModelCall: (call, usage) => shared.settleModelCall(call, usage),
    ownerFor: (alwaysCounts) => ({
      workflowId: own,
      ...(alwaysCounts || countsModels ? {} : { isForToolsOnly: true }),
    }),
    openChild(workflowId) {
      loans.begun(workflowId);
      held.begun(workflowId);
    },
    closeChild(workflowId) {
      loans.ended(workflowId);
      held.ended(workflowId);
      budget.releaseModelCalls(`${workflowId}#`);
    },
    heldBy: (workflowId) => held.of(workflowId),
    lost: (workflowId, used) =>
      loans.bring(
        used.then((calls) => {
          if (calls !== null) shared.returnToolCalls(held.close(workflowId, calls));
        }),
      ),
    passOnPause: () => loans.passOnPause(),
    told: () => parent?.told() ?? Promise.resolve(),
    state: () => stateOf(budget, parent, hold.isHeld),
  };
}

function stateOf(budget: Budget, parent: ParentBudget | null, isHeld: boolean): BudgetState {
  return { ...budget.state(), ...parent?.loan.state(), ...(isHeld ? { isHeld } : {}) };
}

/** What this run has lent comes back first. */
function giveBackWhenAsked(
  budget: Budget,
  parent: ParentBudget,
  loans: CallLoans,
  hold: { isHeld: boolean },
): void {
  setHandler(
    budgetRecallSignal,
    async ({ id, after, isPaused }) => {
      const changes = hold.isHeld !== isPaused;
      hold.isHeld = isPaused;
      if (changes) loans.passOnPause();
      if (loans.mayBring()) await loans.recall();
      const returnedToolCalls = await parent.loan.surrender(after);
      parent.settle({ returnedToolCalls, modelCall: null, recall: id });
    },
    { unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON },
  );
}
