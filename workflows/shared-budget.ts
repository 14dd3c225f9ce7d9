// Runs in the workflow sandbox: a run's own limits, then those of the runs above it.
import { condition } from '@temporalio/workflow';
import type { Budget, BudgetLimit } from '../common/budget.ts';
import type { LlmUsage } from '../common/llm.ts';
import type { ParentBudget } from './ask-parent-budget.ts';
import type { CallLoans } from './lend-calls.ts';

export interface SharedBudget {
  /** @param ahead calls that are likely to follow */
  takeToolCalls(
    count: number,
    ahead: number,
  ): Promise<{ readonly granted: number; readonly limit: BudgetLimit | null }>;
  /** Calls that were taken and not made. */
  returnToolCalls(count: number): void;
  /** @returns the limit that forbids it. */
  reserveModelCall(call: string): Promise<BudgetLimit | null>;
  settleModelCall(call: string, usage: LlmUsage | null): void;
}

/** @param parent `null`: there is none, or none that has a say in model calls */
export interface Above {
  readonly forTools: ParentBudget | null;
  readonly forModels: ParentBudget | null;
}

export function createSharedBudget(budget: Budget, above: Above, loans: CallLoans): SharedBudget {
  return { ...toolBudget(budget, above.forTools, loans), ...modelBudget(budget, above.forModels) };
}

function toolBudget(
  budget: Budget,
  parent: ParentBudget | null,
  loans: CallLoans,
): Pick<SharedBudget, 'takeToolCalls' | 'returnToolCalls'> {
  return {
    async takeToolCalls(count, ahead) {
      let { granted, limit } = budget.takeToolCalls(count);
      // Children may hold what is missing here.
      if (limit !== null && loans.mayBring()) {
        await loans.recall();
        const more = budget.takeToolCalls(count - granted);
        granted += more.granted;
        ({ limit } = more);
      }
      if (parent === null || granted === 0) return { granted, limit };
      const lent = parent.loan.take(granted);
      if (lent === granted) return { granted, limit };
      const fromAbove = await parent.ask('tool-calls', granted - lent, ahead);
      budget.returnToolCalls(granted - lent - fromAbove.granted);
      return { granted: lent + fromAbove.granted, limit: fromAbove.limit ?? limit };
    },
    returnToolCalls(count) {
      budget.returnToolCalls(count);
      parent?.loan.putBack(count);
    },
  };
}

function modelBudget(
  budget: Budget,
  parent: ParentBudget | null,
): Pick<SharedBudget, 'reserveModelCall' | 'settleModelCall'> {
  /** By the name of the call here: the question that the parent granted. */
  const asked = new Map<string, string>();
  let settled = 0;
  return {
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
