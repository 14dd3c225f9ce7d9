// Proves which calls a policy makes wait, and how the id of a decision names its run.
import { describe, expect, it } from 'vitest';
import type { ApprovalRule, CallToApprove } from '../../common/approval.ts';
import { approvalRule, runOfDecision } from '../../common/approval.ts';
import type { ToolId } from '../../common/tool.ts';

const call = {
  tool: 'bank/pay' as ToolId,
  effect: 'non-idempotent',
  tenantId: 'acme',
  spentUsd: 2,
} as CallToApprove;

describe('approvalRule', () => {
  it.each<[string, ApprovalRule, boolean]>([
    ['nothing given', {}, true],
    ['the tool', { tool: 'bank/pay' }, true],
    ['its server', { tool: 'bank/*' }, true],
    ['another server', { tool: 'files/*' }, false],
    ['its effect class', { effects: ['keyed', 'non-idempotent'] }, true],
    ['another effect class', { effects: ['read'] }, false],
    ['less than was spent', { spentUsd: 2 }, true],
    ['more than was spent', { spentUsd: 2.01 }, false],
    ['the tenant', { tenant: 'acme' }, true],
    ['another tenant', { tenant: 'other' }, false],
    ['the tool, and another effect class', { tool: 'bank/*', effects: ['read'] }, false],
  ])('a rule with %s → waits: %s', (_what, rule, waits) => {
    expect(approvalRule([rule], call)).toBe(waits ? rule : null);
  });

  it('several that fit → the first', () => {
    const rules = [{ tool: 'no/*' }, { tool: 'bank/*' }, {}];
    expect(approvalRule(rules, call)).toBe(rules[1]);
  });
});

describe('runOfDecision', () => {
  it('an id as the workflow makes it → its run; anything else → none', () => {
    expect(runOfDecision('nightly-2026-01-01T00:00:00Z~pay~1')).toBe(
      'nightly-2026-01-01T00:00:00Z',
    );
    for (const id of ['', 'x', 'x~y', 'x~y~z', '~y~1', 'a~b~1~2']) {
      expect(runOfDecision(id)).toBeNull();
    }
  });
});
