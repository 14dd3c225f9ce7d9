import type { LlmUsage } from './llm.ts';

/** What a run may spend, its children included. `null` is no limit. */
export interface BudgetLimits {
  readonly maxToolCalls: number | null;
  /** Tokens of all model calls, read and written, cached ones included. */
  readonly maxTokens: number | null;
  /** US dollars. */
  readonly maxCostUsd: number | null;
}

export type BudgetLimit = keyof BudgetLimits;

/** What a model call took or is expected to take. */
export interface ModelSpend {
  readonly tokens: number;
  readonly costUsd: number;
}

/** All that a budget knows, as JSON: travels with a run that continues as new. */
export interface BudgetState {
  readonly toolCalls: number;
  readonly spent: ModelSpend;
  /** By the name of the call: what is set aside for it until it settles. */
  readonly reserved: Readonly<Record<string, ModelSpend>>;
  /** The most that one model call took so far; `null` before the first has settled. */
  readonly dearest: ModelSpend | null;
  /** Tool calls that the run above has lent and that are not made yet. @default 0 */
  readonly lent?: number;
  /** The answer that lent the latest. @default none */
  readonly lastLoan?: string;
  /** The run above is paused. @default false */
  readonly isHeld?: true;
}

/**
 * - `wait`: what is left is set aside for calls in flight; ask again when one has settled.
 * - `refused`: nothing is left.
 */
export type ModelReservation =
  | { readonly kind: 'granted' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'refused'; readonly limit: BudgetLimit };

/**
 * Reservations against limits. A tool call costs one and is spent once granted. What a model call
 * will cost is not known before: as much as the dearest so far is set aside for it. Where less is
 * left, calls go one at a time until the limit is reached, so that at most one goes over it (or
 * several by what they are dearer than every call before them).
 */
export interface Budget {
  /** Takes up to `count` calls. `limit` is set where fewer are granted. */
  takeToolCalls(count: number): { readonly granted: number; readonly limit: BudgetLimit | null };
  /** Calls that were granted and not made. */
  returnToolCalls(count: number): void;
  toolCallsLeft(): number;
  /** The limit that has been reached; `null`: none. */
  usedUp(): BudgetLimit | null;
  /** @param call names the reservation: a name in use is refused by throwing. */
  reserveModelCall(call: string): ModelReservation;
  /**
   * Ends a reservation. Where a part of `usage` is unknown, what was set aside counts, and where
   * nothing was, a limit of that part is used up: it could not be kept. `null`: the call was not
   * made. A call that is not reserved changes nothing.
   */
  settleModelCall(call: string, usage: LlmUsage | null): void;
  /** Gives up the reservations of all calls whose name begins so. */
  releaseModelCalls(prefix: string): void;
  state(): BudgetState;
}

const NOTHING_SPENT: BudgetState = {
  toolCalls: 0,
  spent: { tokens: 0, costUsd: 0 },
  reserved: {},
  dearest: null,
};

export function createBudget(limits: BudgetLimits, from: BudgetState = NOTHING_SPENT): Budget {
  let { toolCalls, spent, dearest } = from;
  const reserved = new Map(Object.entries(from.reserved));
  const maxToolCalls = limits.maxToolCalls ?? Infinity;
  const maxTokens = limits.maxTokens ?? Infinity;
  const maxCostUsd = limits.maxCostUsd ?? Infinity;
  const isLimited = limits.maxTokens !== null || limits.maxCostUsd !== null;

  const overBy = (amount: ModelSpend): BudgetLimit | null => {
    if (amount.tokens > maxTokens) return 'maxTokens';
    return amount.costUsd > maxCostUsd ? 'maxCostUsd' : null;
  };
  const usedUp = (): BudgetLimit | null => {
    if (spent.tokens >= maxTokens) return 'maxTokens';
    return spent.costUsd >= maxCostUsd ? 'maxCostUsd' : null;
  };

  return {
    takeToolCalls(count) {
      const granted = Math.max(0, Math.min(count, maxToolCalls - toolCalls));
      toolCalls += granted;
      return { granted, limit: granted < count ? 'maxToolCalls' : null };
    },
    returnToolCalls(count) {
      toolCalls = Math.max(0, toolCalls - count);
    },
    toolCallsLeft: () => Math.max(0, maxToolCalls - toolCalls),
    usedUp: () => (toolCalls >= maxToolCalls ? 'maxToolCalls' : usedUp()),
    reserveModelCall(call) {
      if (reserved.has(call)) throw new Error(`The model call "${call}" is reserved already.`);
      const limit = usedUp();
      if (limit !== null) return { kind: 'refused', limit };
      const expected = dearest ?? { tokens: 0, costUsd: 0 };
      const all = [...reserved.values(), expected].reduce(sum, spent);
      const isAlone = reserved.size === 0;
      const fits = dearest !== null && overBy(all) === null;
      if (isLimited && !isAlone && !fits) return { kind: 'wait' };
      reserved.set(call, expected);
      return { kind: 'granted' };
    },
    settleModelCall(call, usage) {
      const set = reserved.get(call);
      if (set === undefined) return;
      reserved.delete(call);
      if (usage === null) return;
      const took = spendOf(usage, set, { tokens: limits.maxTokens, costUsd: limits.maxCostUsd });
      spent = sum(spent, took);
      dearest = {
        tokens: Math.max(took.tokens, dearest?.tokens ?? 0),
        costUsd: Math.max(took.costUsd, dearest?.costUsd ?? 0),
      };
    },
    releaseModelCalls(prefix) {
      for (const call of reserved.keys()) if (call.startsWith(prefix)) reserved.delete(call);
    },
    state: () => ({ toolCalls, spent, dearest, reserved: Object.fromEntries(reserved) }),
  };
}

function sum(left: ModelSpend, right: ModelSpend): ModelSpend {
  return { tokens: left.tokens + right.tokens, costUsd: left.costUsd + right.costUsd };
}

function spendOf(
  usage: LlmUsage,
  set: ModelSpend,
  limit: { readonly tokens: number | null; readonly costUsd: number | null },
): ModelSpend {
  return {
    tokens: tokensOf(usage) ?? (set.tokens > 0 ? set.tokens : (limit.tokens ?? 0)),
    costUsd: usage.costUsd ?? (set.costUsd > 0 ? set.costUsd : (limit.costUsd ?? 0)),
  };
}

/** Providers leave out what they do not count apart; without both ends nothing is known. */
function tokensOf(usage: LlmUsage): number | null {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  if (inputTokens === null || outputTokens === null) return null;
  return inputTokens + outputTokens + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
}
