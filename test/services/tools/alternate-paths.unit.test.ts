// Proves which alternative tool answers for one that did not, and that its answer says so: reads for
// reads, others only where the rule says that it is safe, each behind its own breaker.
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import { FAILURE } from '../../../common/failures.ts';
import type { CallToolInput, EffectClass, ToolId, ToolResult } from '../../../common/tool.ts';
import { ServiceError } from '../../../services/errors.ts';
import { createAlternatePaths } from '../../../services/tools/alternate-paths.ts';
import { TENANT, textResult } from '../../support/plans.ts';
import { registeredTool } from '../planner/support/tools.ts';

const rule = (name: string, tool: string, more: { safe?: boolean } = {}): CompositionRule => ({
  name,
  reason: 'the same index',
  kind: 'alternative',
  of: 'main/find' as ToolId,
  tool: tool as ToolId,
  args: { q: '${args.query}' },
  safe: false,
  ...more,
});

const INPUT: CallToolInput = {
  tenant: TENANT,
  tool: 'main/find' as ToolId,
  args: { query: 'x' },
  idempotencyKey: 'k1',
  fingerprint: 'main',
  timeoutMs: 1_000,
  maxTotalTimeoutMs: 1_000,
};

function setUp(
  rules: readonly CompositionRule[],
  effects: Record<string, EffectClass>,
  stale?: (why: string) => Promise<ToolResult | null>,
  /** Keys of calls that the ledger has as sent. */
  sent: readonly string[] = [],
) {
  const calls: CallToolInput[] = [];
  const diverted = new Set<string>();
  const tools = new Map(
    Object.entries(effects).map(([id, effect]) => [
      id,
      registeredTool(id, { inputSchema: {} }, { effect }),
    ]),
  );
  const paths = createAlternatePaths({
    rules: { active: () => Promise.resolve(rules) },
    registry: { findTool: (_tenant, id) => Promise.resolve(tools.get(id) ?? null) },
    ledger: { mayHaveActed: (_tenant, key) => Promise.resolve(sent.includes(key)) },
    tools: {
      call(input) {
        calls.push(input);
        if (input.tool.startsWith('bad/')) {
          return Promise.reject(new ServiceError(FAILURE.toolUnavailable, 'away'));
        }
        return Promise.resolve(textResult(`from ${input.tool}`, input.tool.startsWith('no/')));
      },
    },
    breakers: {
      admit: ({ name }) =>
        Promise.resolve(
          diverted.has(name)
            ? {
                kind: 'diverted' as const,
                state: { kind: 'open' as const, retryAtMs: null, mayProbe: false, probing: false },
                retryAtMs: null,
              }
            : { kind: 'admitted' as const, probe: false, ended: () => Promise.resolve() },
        ),
    },
    ...(stale && { stale: { answer: (_input, why) => stale(why) } }),
    log: pino({ level: 'silent' }),
  });
  const context = { signal: new AbortController().signal, attempt: 1 };
  return {
    calls,
    diverted,
    answer: (input = INPUT) => paths.answer(input, context, 'main is away'),
  };
}

const READS = { 'main/find': 'read', 'spare/find': 'read', 'bad/find': 'read' } as const;

describe('createAlternatePaths', () => {
  it('a read for a read → called with the mapped arguments under a key of its own; the result says so', async () => {
    const { answer, calls } = setUp([rule('spare', 'spare/find')], READS);
    expect(await answer()).toMatchObject({
      content: [{ text: 'from spare/find' }],
      degraded: [
        { kind: 'alternative-tool', tool: 'spare/find', rule: 'spare', why: 'main is away' },
      ],
    });
    expect(calls).toMatchObject([
      { tool: 'spare/find', args: { q: 'x' }, idempotencyKey: 'k1/by/spare' },
    ]);
  });

  it('the first is away, refuses or is open → the next one answers', async () => {
    const all = [rule('a', 'bad/find'), rule('b', 'no/find'), rule('c', 'spare/find')];
    const { answer, calls } = setUp(all, { ...READS, 'no/find': 'read' });
    expect((await answer())?.degraded).toMatchObject([{ rule: 'c' }]);
    expect(calls.map(({ tool }) => tool)).toEqual(['bad/find', 'no/find', 'spare/find']);
    const held = setUp([rule('c', 'spare/find')], READS);
    held.diverted.add('spare');
    expect(await held.answer()).toBeNull();
    expect(held.calls).toEqual([]);
  });

  it.each([
    ['read', 'non-idempotent', false, false],
    ['non-idempotent', 'read', false, false],
    ['non-idempotent', 'non-idempotent', true, true],
  ] as const)('%s by %s, safe %s → answered: %s', async (of, by, safe, answered) => {
    const effects = { 'main/find': of, 'spare/find': by };
    const { answer, calls } = setUp([rule('spare', 'spare/find', { safe })], effects);
    expect((await answer()) !== null).toBe(answered);
    expect(calls).toHaveLength(answered ? 1 : 0);
  });

  it('the call itself may have acted → nothing is called in its place', async () => {
    const effects = { 'main/find': 'keyed', 'spare/find': 'keyed' } as const;
    const safe = [rule('spare', 'spare/find', { safe: true })];
    const { answer, calls } = setUp(safe, effects, undefined, ['k1']);
    expect(await answer()).toBeNull();
    expect(calls).toEqual([]);
  });

  it('an alternative with an effect failed and may have acted → nobody is asked after it, nor again', async () => {
    const effects = { 'main/find': 'non-idempotent', 'bad/find': 'keyed', 'spare/find': 'keyed' };
    const safe = [rule('a', 'bad/find', { safe: true }), rule('b', 'spare/find', { safe: true })];
    const unsure = setUp(safe, effects as never, undefined, ['k1/by/a']);
    await expect(unsure.answer()).rejects.toMatchObject({
      type: FAILURE.toolOutcomeUnknown,
      retry: { allowed: false },
    });
    expect(unsure.calls.map(({ tool }) => tool)).toEqual(['bad/find']);
    const sure = setUp(safe, effects as never);
    expect((await sure.answer())?.degraded).toMatchObject([{ rule: 'b' }]);
  });

  it('an alternative with an effect says no → that is the answer, since it may have begun', async () => {
    const effects = { 'main/find': 'keyed', 'no/find': 'keyed', 'spare/find': 'keyed' } as const;
    const safe = [rule('a', 'no/find', { safe: true }), rule('b', 'spare/find', { safe: true })];
    const { answer, calls } = setUp(safe, effects);
    expect(await answer()).toMatchObject({ isError: true, degraded: [{ rule: 'a' }] });
    expect(calls).toHaveLength(1);
  });

  it('an alternative that a person has to approve → not asked; the next one is', async () => {
    const ask: CompositionRule = {
      ...{ name: 'ask', reason: 'it costs money', kind: 'needs-approval' },
      tool: 'paid/*',
    };
    const effects = { ...READS, 'paid/find': 'read' } as const;
    const paid = [ask, rule('a', 'paid/find', { safe: true })];
    const alone = setUp(paid, effects);
    expect(await alone.answer()).toBeNull();
    expect(alone.calls).toEqual([]);
    const both = setUp([...paid, rule('b', 'spare/find')], effects);
    expect((await both.answer())?.degraded).toMatchObject([{ rule: 'b' }]);
    expect(both.calls.map(({ tool }) => tool)).toEqual(['spare/find']);
  });

  it('an alternative that the run wants a person asked about → not asked; one that it does not is', async () => {
    const effects = { ...READS, 'paid/find': 'read' } as const;
    const { answer, calls } = setUp([rule('a', 'paid/find'), rule('b', 'spare/find')], effects);
    const approvals = { rules: [{ tool: 'paid/*' }, { spentUsd: 2 }], spentUsd: 1 } as const;
    const result = await answer({ ...INPUT, approvals });
    expect(result?.degraded).toMatchObject([{ rule: 'b' }]);
    expect(calls.map(({ tool }) => tool)).toEqual(['spare/find']);
    expect(calls[0]).not.toHaveProperty('approvals');
    expect(await answer({ ...INPUT, approvals: { ...approvals, spentUsd: 2 } })).toBeNull();
  });

  it('no alternative answers → the last result stands in, marked; an alternative goes before it', async () => {
    const old = (why: string): Promise<ToolResult> =>
      Promise.resolve({
        ...textResult('old'),
        degraded: [{ kind: 'stale-cache', ageMs: 42_000, why }],
      });
    const alone = setUp([], READS, old);
    expect(await alone.answer()).toMatchObject({
      content: [{ text: 'old' }],
      degraded: [{ kind: 'stale-cache', ageMs: 42_000, why: 'main is away' }],
    });
    const away = setUp([rule('a', 'bad/find')], READS, old);
    expect((await away.answer())?.degraded).toMatchObject([{ kind: 'stale-cache' }]);
    const spare = setUp([rule('a', 'spare/find')], READS, old);
    expect((await spare.answer())?.degraded).toMatchObject([{ kind: 'alternative-tool' }]);
    const broken = setUp([], READS, () => Promise.reject(new Error('no database')));
    expect(await broken.answer()).toBeNull();
  });

  it('no rule, or a tool that is not registered → null, nothing called', async () => {
    const without = setUp([], READS);
    expect(await without.answer()).toBeNull();
    const missing = setUp([rule('spare', 'gone/find')], READS);
    expect(await missing.answer()).toBeNull();
    expect([...without.calls, ...missing.calls]).toEqual([]);
  });
});
