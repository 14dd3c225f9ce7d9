// Proves when the fallback of a step is called: real Temporal server, real workflows, fake activities.
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { ToolId } from '../../common/tool.ts';
import { literal, output, step, textResult } from '../support/plans.ts';
import { calls, flow, run, useFlowEngine } from './support/flow-engine.ts';

useFlowEngine();

describe('a fallback', () => {
  const spare = {
    tool: 'spare/tool' as ToolId,
    args: { q: literal('b') },
    effect: 'read',
    fingerprint: null,
    timeoutMs: 5_000,
  } as const;

  it('the tool fails for good → the fallback answers, and the step says so', async () => {
    flow.behave = ({ tool, idempotencyKey }) => {
      if (tool !== 'spare/tool' && idempotencyKey.includes('/a/'))
        throw ApplicationFailure.nonRetryable('down', 'Tool.Unavailable');
      return textResult('ok');
    };
    const result = await run([
      step('a', { fallback: spare }),
      step('b', { args: { v: output('a') } }),
    ]);
    expect(result.outcome).toBe('completed');
    expect(calls.map(({ tool }) => tool)).toEqual(['fake/tool', 'spare/tool', 'fake/tool']);
    expect(calls[1]?.insteadOf).toBe(calls[0]?.idempotencyKey);
    expect(calls[1]?.idempotencyKey).not.toBe(calls[0]?.idempotencyKey);
    expect(result.steps[0]?.degraded).toMatchObject([{ kind: 'fallback', tool: 'spare/tool' }]);
    expect(result.steps[0]?.degraded?.[0]?.why).toContain('down');
  });

  it('a read that refuses → asked too; a tool that changes things and refuses → not', async () => {
    flow.behave = ({ tool }) => textResult('no', tool !== 'spare/tool');
    const read = await run([step('a', { fallback: spare })]);
    expect(read.outcome).toBe('completed');
    calls.length = 0;
    const write = await run([step('a', { fallback: spare, effect: 'non-idempotent' })]);
    expect(write.outcome).toBe('failed');
    expect(calls).toHaveLength(1);
  });

  it('nobody knows whether the tool acted, or a person said no → not asked', async () => {
    flow.behave = () => {
      throw ApplicationFailure.nonRetryable('lost', 'Tool.OutcomeUnknown');
    };
    const unknown = await run([step('a', { fallback: spare, effect: 'non-idempotent' })]);
    expect(unknown.reason).toContain('lost');
    expect(calls).toHaveLength(1);
    calls.length = 0;
    const late = await run([step('a', { fallback: spare })], {
      policy: { approvals: [{ tool: 'fake/*' }], approvalTimeoutMs: 1_000 },
    });
    expect(late.reason).toContain('nobody approved it in time');
    expect(calls).toHaveLength(0);
  });

  it('it fails too → both reasons; no call is left for it → the limit', async () => {
    flow.behave = ({ tool }) => {
      throw ApplicationFailure.nonRetryable(`${tool} is down`, 'Tool.Unavailable');
    };
    const both = await run([step('a', { fallback: spare })]);
    expect(both.reason).toContain('fake/tool is down');
    expect(both.reason).toContain('Its fallback spare/tool failed too: spare/tool is down');
    const broke = await run([step('a', { fallback: spare })], { limits: { maxToolCalls: 1 } });
    expect(broke.outcome).toBe('out-of-budget');
  });
});
