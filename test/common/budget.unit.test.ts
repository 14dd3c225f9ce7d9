// Proves the reservations of a budget: tool calls never go over it, model calls by one at most.
import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { BudgetLimits } from '../../common/budget.ts';
import { createBudget } from '../../common/budget.ts';

const NO_LIMITS: BudgetLimits = { maxToolCalls: null, maxTokens: null, maxCostUsd: null };

function tokens(count: number, costUsd: number | null = 0) {
  return { ...NO_USAGE, inputTokens: count - 1, outputTokens: 1, costUsd };
}

describe('tool calls', () => {
  it('more asked for than are left → as many as are left, naming the limit', () => {
    const budget = createBudget({ ...NO_LIMITS, maxToolCalls: 20 });
    expect(budget.takeToolCalls(15)).toEqual({ granted: 15, limit: null });
    expect(budget.takeToolCalls(35)).toEqual({ granted: 5, limit: 'maxToolCalls' });
    expect(budget.takeToolCalls(1)).toEqual({ granted: 0, limit: 'maxToolCalls' });
    budget.returnToolCalls(2);
    expect(budget.toolCallsLeft()).toBe(2);
  });
});

describe('model calls', () => {
  it('nothing known of their price → one at a time', () => {
    const budget = createBudget({ ...NO_LIMITS, maxTokens: 1_000 });
    expect(budget.reserveModelCall('a')).toEqual({ kind: 'granted' });
    expect(budget.reserveModelCall('b')).toEqual({ kind: 'wait' });
    budget.settleModelCall('a', tokens(100));
    expect(budget.reserveModelCall('b')).toEqual({ kind: 'granted' });
    expect(budget.reserveModelCall('c')).toEqual({ kind: 'granted' });
  });

  it('no limit of tokens or money → never waits', () => {
    const budget = createBudget({ ...NO_LIMITS, maxToolCalls: 1 });
    for (const call of ['a', 'b', 'c']) {
      expect(budget.reserveModelCall(call)).toEqual({ kind: 'granted' });
    }
  });

  it.each([1, 2, 3, 7, 20])('%i callers at once, one price → over by one call at most', (width) => {
    const budget = createBudget({ ...NO_LIMITS, maxTokens: 1_000 });
    const inFlight: string[] = [];
    let spent = 0;
    let refusals = 0;
    for (let at = 0; refusals === 0; at += 1) {
      const asked = budget.reserveModelCall(`c${at}`);
      if (asked.kind === 'granted') inFlight.push(`c${at}`);
      if (asked.kind === 'refused') {
        expect(asked.limit).toBe('maxTokens');
        refusals += 1;
      }
      if (asked.kind === 'wait' || inFlight.length >= width) {
        budget.settleModelCall(inFlight.shift() ?? '', tokens(90));
        spent += 90;
      }
    }
    spent += inFlight.length * 90;
    expect(spent).toBeGreaterThanOrEqual(1_000);
    expect(spent).toBeLessThan(1_000 + 90);
  });

  it('money is used up → refused by that name', () => {
    const budget = createBudget({ ...NO_LIMITS, maxTokens: 1_000_000, maxCostUsd: 0.05 });
    budget.reserveModelCall('a');
    budget.settleModelCall('a', tokens(10, 0.06));
    expect(budget.reserveModelCall('b')).toEqual({ kind: 'refused', limit: 'maxCostUsd' });
  });

  it('a price that is unknown → what was set aside counts; with none, the limit is used up', () => {
    const priced = createBudget({ ...NO_LIMITS, maxCostUsd: 1 });
    priced.reserveModelCall('a');
    priced.settleModelCall('a', tokens(10, 0.4));
    priced.reserveModelCall('b');
    priced.settleModelCall('b', tokens(10, null));
    expect(priced.state().spent.costUsd).toBeCloseTo(0.8);
    const unpriced = createBudget({ ...NO_LIMITS, maxCostUsd: 1 });
    unpriced.reserveModelCall('a');
    unpriced.settleModelCall('a', tokens(10, null));
    expect(unpriced.reserveModelCall('b')).toEqual({ kind: 'refused', limit: 'maxCostUsd' });
  });

  it('a caller that is gone → what was set aside for it is free again', () => {
    const budget = createBudget({ ...NO_LIMITS, maxTokens: 10 });
    budget.reserveModelCall('child#1');
    expect(budget.reserveModelCall('own#1')).toEqual({ kind: 'wait' });
    budget.releaseModelCalls('child#');
    expect(budget.reserveModelCall('own#1')).toEqual({ kind: 'granted' });
    expect(budget.state().spent.tokens).toBe(0);
  });

  it('state → another budget goes on from it', () => {
    const limits = { ...NO_LIMITS, maxToolCalls: 5, maxTokens: 100 };
    const first = createBudget(limits);
    first.takeToolCalls(3);
    first.reserveModelCall('a');
    first.settleModelCall('a', tokens(60));
    const second = createBudget(limits, JSON.parse(JSON.stringify(first.state())) as never);
    expect(second.toolCallsLeft()).toBe(2);
    second.reserveModelCall('b');
    second.settleModelCall('b', tokens(60));
    expect(second.reserveModelCall('c')).toEqual({ kind: 'refused', limit: 'maxTokens' });
  });
});
