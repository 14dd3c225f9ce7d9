// Runs in the workflow sandbox: what a run and its child runs may still spend.
import { HandlerUnfinishedPolicy } from '@temporalio/common';
import {
  condition,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { AgentLimits, BudgetOwner } from '../common/agent.ts';
import type { Budget, BudgetLimit, BudgetState } from '../common/budget.ts';
import { createBudget } from '../common/budget.ts';
import type { LlmUsage } from '../common/llm.ts';
import type { ParentBudget } from './ask-parent-budget.ts';
import { askParentBudget } from './ask-parent-budget.ts';
import type { BudgetAsk } from './definitions.ts';
import { budgetAnswerSignal, budgetAskSignal, budgetSettleSignal } from './definitions.ts';

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
  /** @returns the limit that forbids the call; `null`: it is taken. */
  takeToolCall(): Promise<BudgetLimit | null>;
  /** A call that was taken and will not be made. */
  returnToolCall(): void;
  toolCallsLeft(): number;
  /** The limit of this run that lets no further call be made; `null`: there is none yet. */
  usedUp(): BudgetLimit | null;
  /** What its own limit leaves to be spent, US dollars; `null`: it has none. */
  usdLeft(): number | null;
  /** Waits while what is left is set aside for calls in flight. */
  takeModelCall(): Promise<ModelGrant>;
  /** @param usage `null`: the call was not made. */
  settleModelCall(call: string, usage: LlmUsage | null): void;
  /** For whoever starts a child run: call it when the child has ended, however it did. */
  closeChild(workflowId: string): void;
  /** Before a run ends: resolves when the run above it knows what was spent. */
  told(): Promise<void>;
  state(): BudgetState;
}

export function createRunBudget(
  limits: AgentLimits,
  owner: BudgetOwner | undefined,
  from?: BudgetState,
  isPaused: () => boolean = () => false,
): RunBudget {
  const budget = createBudget(
    {
      maxToolCalls: limits.maxToolCalls,
      maxTokens: limits.maxTokens ?? null,
      maxCostUsd: limits.maxCostUsd ?? null,
    },
    from,
  );
  const parent = owner === undefined ? null : askParentBudget(owner);
  const shared = sharedBudget(budget, parent);
  const own = workflowInfo().workflowId;
  let calls = 0;
  answerChildren(budget, parent, shared, isPaused);
  return {
    async takeToolCall() {
      const { granted, limit } = await shared.takeToolCalls(1);
      return granted === 1 ? null : limit;
    },
    returnToolCall() {
      budget.returnToolCalls(1);
      parent?.settle({ returnedToolCalls: 1, modelCall: null });
    },
    toolCallsLeft: () => budget.toolCallsLeft(),
    usedUp: () => budget.usedUp(),
    usdLeft: () =>
      limits.maxCostUsd === undefined || limits.maxCostUsd === null
        ? null
        : Math.max(0, limits.maxCostUsd - budget.state().spent.costUsd),
    async takeModelCall() {
      const call = `${own}#${(calls += 1)}`;
      const limit = await shared.reserveModelCall(call);
      return limit === null ? { kind: 'granted', call } : { kind: 'refused', limit };
    },
    settleModelCall: (call, usage) => shared.settleModelCall(call, usage),
    closeChild: (workflowId) => budget.releaseModelCalls(`${workflowId}#`),
    told: () => parent?.told() ?? Promise.resolve(),
    state: () => budget.state(),
  };
}

interface SharedBudget {
  takeToolCalls(
    count: number,
  ): Promise<{ readonly granted: number; readonly limit: BudgetLimit | null }>;
  /** @returns the limit that forbids it. */
  reserveModelCall(call: string): Promise<BudgetLimit | null>;
  settleModelCall(call: string, usage: LlmUsage | null): void;
}

/** A run's own limits first, then those of the run above. */
function sharedBudget(budget: Budget, parent: ParentBudget | null): SharedBudget {
  /** By the name of the call here: the question that the parent granted. */
  const asked = new Map<string, string>();
  let settled = 0;
  return {
    async takeToolCalls(count) {
      const here = budget.takeToolCalls(count);
      if (parent === null || here.granted === 0) return here;
      const above = await parent.ask('tool-calls', here.granted);
      budget.returnToolCalls(here.granted - above.granted);
      return { granted: above.granted, limit: above.limit ?? here.limit };
    },
    async reserveModelCall(call) {
      for (;;) {
        const here = budget.reserveModelCall(call);
        if (here.kind === 'granted') break;
        if (here.kind === 'refused') return here.limit;
        const seen = settled;
        await condition(() => settled !== seen);
      }
      if (parent === null) return null;
      const above = await parent.ask('model-call', 1);
      if (above.granted === 1) {
        asked.set(call, above.id);
        return null;
      }
      budget.settleModelCall(call, null);
      settled += 1;
      return above.limit;
    },
    settleModelCall(call, usage) {
      budget.settleModelCall(call, usage);
      settled += 1;
      const id = asked.get(call);
      if (id === undefined) return;
      asked.delete(call);
      parent?.settle({ returnedToolCalls: 0, modelCall: { id, usage } });
    },
  };
}

/** Signal handlers record and answer; a child that is gone needs no answer. */
function answerChildren(
  budget: Budget,
  parent: ParentBudget | null,
  shared: SharedBudget,
  isPaused: () => boolean,
): void {
  const answer = async ({ from, id, wants, count }: BudgetAsk): Promise<void> => {
    const call = `${from}#${id}`;
    const isModel = wants === 'model-call';
    // What is below a paused run starts no more than the run itself.
    if (isPaused()) await condition(() => !isPaused());
    const limit = isModel ? await shared.reserveModelCall(call) : null;
    const took = isModel
      ? { granted: limit === null ? 1 : 0, limit }
      : await shared.takeToolCalls(count);
    try {
      await getExternalWorkflowHandle(from).signal(budgetAnswerSignal, { id, ...took });
    } catch {
      if (isModel && limit === null) shared.settleModelCall(call, null);
    }
  };
  setHandler(budgetAskSignal, answer, { unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON });
  setHandler(budgetSettleSignal, ({ from, returnedToolCalls, modelCall }) => {
    if (returnedToolCalls > 0) {
      budget.returnToolCalls(returnedToolCalls);
      parent?.settle({ returnedToolCalls, modelCall: null });
    }
    if (modelCall !== null) shared.settleModelCall(`${from}#${modelCall.id}`, modelCall.usage);
  });
}
