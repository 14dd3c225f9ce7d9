// Proves that a run's calls to the model ask for the same prompt cache, and share it with nobody else.
import { describe, expect, it } from 'vitest';
import type { PlanGoalInput } from '../../../../common/agent.ts';
import { callOptions } from '../../../../services/planner/model/call-options.ts';

const input = (tenantId: string, conversationId: string, turn = 1) =>
  ({
    tenant: { tenantId },
    conversation: { conversationId, headVersion: turn },
    turn,
  }) as unknown as PlanGoalInput;
const keyOf = (given: PlanGoalInput) => callOptions(given, new AbortController().signal).cacheKey;

describe('callOptions', () => {
  it('turns of one conversation → one key, of no more than 64 characters', () => {
    expect(keyOf(input('acme', 'c1', 2))).toBe(keyOf(input('acme', 'c1', 1)));
    expect(keyOf(input('acme', 'c1'))?.length).toBeLessThanOrEqual(64);
  });

  it('another tenant, another conversation → other keys, also where the names run together', () => {
    const keys = [
      input('acme', 'c1'),
      input('acme', 'c2'),
      input('other', 'c1'),
      input('acm', 'ec1'),
    ];
    expect(new Set(keys.map(keyOf)).size).toBe(4);
  });
});
