// Proves that a call outside of any run is no way around the person who has to approve it, by a rule
// or by the installation's policy, and that all other calls go through as they are.
import { describe, expect, it } from 'vitest';
import { directCalls } from '../../api/direct-calls.ts';
import type { Policies } from '../../client/policy.ts';
import type { CompositionRule, ToolPattern } from '../../common/rules/composition-rule.ts';
import type { CallToolInput, ToolId } from '../../common/tool.ts';
import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import { TENANT } from '../support/plans.ts';
import { fakeServices } from './support/fake-services.ts';

const CONTEXT = { signal: new AbortController().signal, attempt: 1 };

function call(tool: string): CallToolInput {
  return {
    ...{ tenant: TENANT, tool: tool as ToolId, args: {}, idempotencyKey: 'k', fingerprint: null },
    ...{ timeoutMs: 1_000, maxTotalTimeoutMs: 1_000 },
  };
}

async function setUp(rule: CompositionRule | null, policies?: Policies) {
  const services = fakeServices();
  if (rule !== null) await services.rules.put(DEFAULT_TENANT_ID, rule, 'operator', 'test');
  const connection = { ...services.connection, ...(policies && { policies: () => policies }) };
  return { services, calls: directCalls({ ...services, connection }) };
}

const needsApproval = (tool: string): CompositionRule => ({
  name: 'ask-first',
  reason: 'it costs money',
  kind: 'needs-approval',
  tool: tool as ToolPattern,
});

describe('directCalls', () => {
  it.each(['files/read', 'files/*'])(
    'a rule that wants approval of %s → refused with its name, reason and what to do; not called',
    async (pattern) => {
      const { services, calls } = await setUp(needsApproval(pattern));
      await expect(calls.call(call('files/read'), CONTEXT)).rejects.toMatchObject({
        type: 'Denied',
        retry: { allowed: false },
        message: expect.stringMatching(
          /"files\/read" was not called.*ask-first: it costs money.*run_plan/,
        ) as string,
      });
      expect(services.calls).toEqual([]);
    },
  );

  it.each([
    ['the tool', { default: { approvals: [{ tool: 'files/*' as const, reason: 'no' }] } }],
    ['its effect class', { default: { approvals: [{ effects: ['read' as const] }] } }],
    ['the tenant', { default: {}, tenants: { default: { approvals: [{ tenant: 'default' }] } } }],
  ])('a policy that names %s → refused', async (_what, policies) => {
    const { services, calls } = await setUp(null, policies);
    await expect(calls.call(call('files/read'), CONTEXT)).rejects.toMatchObject({ type: 'Denied' });
    expect(services.calls).toEqual([]);
  });

  it('rules and policies that speak of other tools, effects or more money → called as it is', async () => {
    const approvals = [
      { tool: 'bank/*' as const },
      { effects: ['non-idempotent' as const] },
      { spentUsd: 1 },
    ];
    const { services, calls } = await setUp(needsApproval('bank/*'), { default: { approvals } });
    await calls.call(call('files/read'), CONTEXT);
    expect(services.calls).toEqual([call('files/read')]);
  });

  it('a tool that is not there → left to the call to say so', async () => {
    const { services, calls } = await setUp(null, { default: { approvals: [{}] } });
    await calls.call(call('files/gone'), CONTEXT);
    expect(services.calls).toHaveLength(1);
  });
});
