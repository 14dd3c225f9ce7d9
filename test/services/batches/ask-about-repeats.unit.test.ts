// Proves that an agent's item which begins anew asks a person before it may do something twice, and
// that only items known to have called nothing are spared the question.
import { describe, expect, it } from 'vitest';
import { approvalRule } from '../../../common/approval.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { EffectClass, ToolId } from '../../../common/tool.ts';
import { askAboutRepeats } from '../../../services/batches/ask-about-repeats.ts';

const call = (effect: EffectClass) => ({
  tool: 'mail/send' as ToolId,
  effect,
  tenantId: 'default' as TenantId,
  spentUsd: 0,
});
const asks = (
  item: Parameters<typeof askAboutRepeats>[1],
  effect: EffectClass = 'non-idempotent',
) => approvalRule(askAboutRepeats(undefined, item)?.approvals ?? [], call(effect)) !== null;

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
    const policy = askAboutRepeats(
      { approvals: [own], rollback: true },
      { ...ended, result: { toolCalls: 1 } },
    );
    expect(policy).toMatchObject({ rollback: true, approvals: [own, {}] });
  });
});
