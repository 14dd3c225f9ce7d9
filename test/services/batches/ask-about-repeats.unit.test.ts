// Proves that an agent's item which begins anew asks a person before it may do something twice, and
// that only items known to have called nothing are spared the question.
import { describe, expect, it } from 'vitest';
import { approvalRule } from '../../../common/approval.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { EffectClass, ToolId } from '../../../common/tool.ts';
import { askAboutRepeats } from '../../../common/ask-about-repeats.ts';
import { mayHaveActed } from '../../../services/batches/may-have-acted.ts';

const call = (effect: EffectClass) => ({
  tool: 'mail/send' as ToolId,
  effect,
  tenantId: 'default' as TenantId,
  spentUsd: 0,
});
const asks = (item: Parameters<typeof mayHaveActed>[0], effect: EffectClass = 'non-idempotent') =>
  mayHaveActed(item) &&
  approvalRule(askAboutRepeats(undefined).approvals ?? [], call(effect)) !== null;

const ended = { startedAtMs: 1, problem: 'It broke.' };

describe('askAboutRepeats', () => {
  it.each(['keyed', 'non-idempotent', 'compensable'] as const)(
    'the earlier run called tools, a call is %s → a person decides',
    (effect) => {
      expect(asks({ ...ended, result: { toolCalls: 2 } }, effect)).toBe(true);
    },
  );

  it('a read → nobody is asked', () => {
    expect(asks({ ...ended, result: { toolCalls: 2 } }, 'read')).toBe(false);
  });

  it('the earlier run called nothing → nobody is asked', () => {
    expect(asks({ ...ended, result: { toolCalls: 0 } })).toBe(false);
  });

  it('the earlier run called nothing, and one below it may have → a person decides', () => {
    const steps = [{ id: 'sub', run: 'batch.0.sub' }];
    expect(asks({ ...ended, result: { toolCalls: 0, steps } as never })).toBe(true);
  });

  it('the earlier run left no result → a person decides', () => {
    expect(asks({ ...ended, result: null })).toBe(true);
  });

  it('nothing is known of the item, which may have been running → a person decides', () => {
    expect(asks({ startedAtMs: null, problem: null, result: null })).toBe(true);
  });

  it('the batch was cancelled before the item began → nobody is asked', () => {
    expect(asks({ startedAtMs: null, problem: 'enough', result: null })).toBe(false);
  });

  it('a policy of the batch → holds first, with all that it says', () => {
    const own = { effects: ['read'] as const, reason: 'ours' };
    const policy = askAboutRepeats({ approvals: [own], rollback: true });
    expect(policy).toMatchObject({ rollback: true, approvals: [own, {}] });
  });
});
