// Proves which rules runs, schemas and likeness speak for, with what evidence, and what speaks for
// none: echoes, constants, values known before, chance order, ids of another server.
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../../common/json.ts';
import type { CompositionRule } from '../../../../common/rules/composition-rule.ts';
import { isCovered } from '../../../../common/rules/suggest/covers-rule.ts';
import { mapArguments } from '../../../../common/rules/suggest/map-arguments.ts';
import type { ObservedRun } from '../../../../common/rules/suggest/observed-run.ts';
import { lowerBound } from '../../../../common/rules/suggest/rule-suggestion.ts';
import { suggestAlternative } from '../../../../common/rules/suggest/suggest-alternative.ts';
import { suggestFromRuns } from '../../../../common/rules/suggest/suggest-from-runs.ts';
import { suggestFromSchemas } from '../../../../common/rules/suggest/suggest-from-schemas.ts';
import type { EffectClass, ServerName, ToolId } from '../../../../common/tool.ts';

type Called = readonly [tool: string, args: JsonObject, answer: JsonValue];

/** Calls one after the other. */
function run(runId: string, calls: readonly Called[], given = ''): ObservedRun {
  return {
    runId,
    given,
    calls: calls.map(([tool, args, answer], at) => {
      return { tool: tool as ToolId, args, answer, began: 2 * at + 1, ended: 2 * at + 2 };
    }),
  };
}

const order = (id: string): readonly Called[] => [
  ['shop/find', { name: 'x' }, { orders: [{ id: `order-${id}` }] }],
  ['shop/cancel', { order: `order-${id}`, why: 'late' }, { ok: true }],
];

describe('suggestFromRuns', () => {
  it('an answer became an argument in each of three runs → feeds, with its path and the counts', () => {
    const [found, ...more] = suggestFromRuns(['1', '2', '3'].map((id) => run(id, order(id))));
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      id: expect.stringMatching(/^feeds-shop-find-shop-cancel-[0-9a-f]{8}$/) as string,
      rule: {
        ...{ kind: 'feeds', from: 'shop/find', output: 'orders[0].id' },
        ...{ to: 'shop/cancel', argument: 'order', required: false },
        reason: expect.stringContaining('in 3 of 3 runs') as string,
      },
      evidence: { kind: 'runs', runs: 3, held: 3, examples: ['1', '2', '3'] },
      confidence: lowerBound(3, 3),
    });
    expect(found?.rule.name).toBe(found?.id);
  });

  it('more runs that use both otherwise → less confidence, then only their order', () => {
    const typed = (id: string) =>
      run(id, [order('a')[0] as Called, ['shop/cancel', { order: `typed-${id}` }, {}]]);
    const held = ['1', '2', '3', '4', '5', '6'].map((id) => run(id, order(id)));
    const one = suggestFromRuns([...held, typed('7')]);
    expect(one[0]?.evidence).toMatchObject({ runs: 7, held: 6 });
    expect(one[0]?.confidence).toBeCloseTo(lowerBound(6, 7));
    const four = ['7', '8', '9', '10', '11', '12', '13'].map(typed);
    const kinds = suggestFromRuns([...held, ...four]).map(({ rule }) => rule.kind);
    expect(kinds).toEqual(['before']);
  });

  it.each([
    ['one run', ['1'].map((id) => run(id, order(id)))],
    ['the same value in every run', ['1', '2', '3'].map((id) => run(id, order('same')))],
    [
      'a value of the goal',
      ['1', '2', '3'].map((id) => run(id, order(id), `Cancel order-${id} please`)),
    ],
    [
      'an answer that echoes what was sent',
      ['1', '2', '3'].map((id) =>
        run(id, [
          ['shop/find', { name: `name-${id}` }, { asked: `name-${id}` }],
          ['shop/greet', { name: `name-${id}` }, {}],
        ]),
      ),
    ],
    [
      'short texts and small numbers',
      [1, 2, 3].map((n) =>
        run(`${n}`, [
          ['shop/count', {}, { count: n, unit: `u${n}` }],
          ['shop/show', { page: n, unit: `u${n}` }, {}],
        ]),
      ),
    ],
  ])('%s → no feeds', (_why, runs) => {
    expect(suggestFromRuns(runs).filter(({ rule }) => rule.kind === 'feeds')).toEqual([]);
  });

  it('always one before the other, nothing fed → before; a chain → only its links', () => {
    const runs = ['1', '2', '3'].map((id) =>
      run(id, [
        ['ci/build', {}, {}],
        ['ci/test', {}, {}],
        ['ci/deploy', {}, {}],
      ]),
    );
    const found = suggestFromRuns(runs).map(({ rule }) => rule);
    expect(found).toHaveLength(2);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'before', first: 'ci/build', then: 'ci/test' }),
        expect.objectContaining({ kind: 'before', first: 'ci/test', then: 'ci/deploy' }),
      ]),
    );
    expect(suggestFromRuns(runs, { isRead: () => true })).toEqual([]);
  });

  it('the other way round once, or at the same time → no before', () => {
    const both = ['1', '2', '3'].map((id) =>
      run(id, [
        ['a/x', {}, {}],
        ['b/y', {}, {}],
      ]),
    );
    const reverse = run('4', [
      ['b/y', {}, {}],
      ['a/x', {}, {}],
    ]);
    expect(suggestFromRuns([...both, reverse])).toEqual([]);
    const together = both.map((one) => ({
      ...one,
      calls: one.calls.map((call) => ({ ...call, began: 1, ended: 9 })),
    }));
    expect(suggestFromRuns(together)).toEqual([]);
  });
});

const TEXT = { type: 'string' };
const described = (id: string, takes: JsonObject, gives: JsonObject | null = null) => ({
  id: id as ToolId,
  server: id.split('/')[0] as ServerName,
  name: id.split('/')[1] ?? '',
  effect: 'read' as EffectClass,
  inputSchema: { type: 'object', properties: takes, required: Object.keys(takes) },
  outputSchema: gives === null ? null : { type: 'object', properties: gives },
});

describe('suggestFromSchemas', () => {
  it('a required argument is called what another tool answers → feeds; rather the whole name', () => {
    const found = suggestFromSchemas([
      described('pay/create_invoice', { customer: TEXT }, { id: TEXT }),
      described(
        'pay/find_invoices',
        {},
        { invoices: { items: { properties: { invoiceId: TEXT } } } },
      ),
      described('pay/send', { invoice_id: TEXT }),
    ]);
    expect(found.map(({ rule }) => rule)).toEqual([
      expect.objectContaining({ from: 'pay/find_invoices', output: 'invoices[0].invoiceId' }),
      expect.objectContaining({ from: 'pay/create_invoice', output: 'id', argument: 'invoice_id' }),
    ]);
    expect(found[0]?.confidence).toBeGreaterThan(found[1]?.confidence ?? 1);
  });

  it.each([
    ['another server', described('bank/list', {}, { invoiceId: TEXT })],
    ['another type', described('pay/list', {}, { invoiceId: { type: 'boolean' } })],
    ['a name that says nothing', described('pay/list', {}, { id: TEXT })],
    [
      'a tool that asks for it too',
      described('pay/get', { invoice_id: TEXT }, { invoice_id: TEXT }),
    ],
    ['no answer schema', described('pay/list', {})],
  ])('%s → nothing', (_why, maker) => {
    expect(suggestFromSchemas([maker, described('pay/send', { invoice_id: TEXT })])).toEqual([]);
  });
});

describe('suggestAlternative', () => {
  const search = (id: string, takes: JsonObject, effect: EffectClass = 'read') => ({
    ...described(id, takes),
    effect,
  });

  it('like tools of two servers whose arguments fit → an alternative with its mapping', () => {
    const one = suggestAlternative(
      search('a/find', { query: TEXT }),
      search('b/look', { q: TEXT }),
      0.8,
    );
    expect(one).toMatchObject({
      rule: {
        ...{ kind: 'alternative', of: 'a/find', tool: 'b/look', safe: false },
        args: { q: '${args.query}' },
      },
      evidence: { kind: 'likeness', cosine: 0.8 },
      confidence: 0.8,
    });
  });

  it.each([
    ['less alike', search('b/look', { query: TEXT }), 0.6],
    ['the same server', search('a/look', { query: TEXT }), 0.9],
    ['an effect', search('b/look', { query: TEXT }, 'non-idempotent'), 0.9],
    ['an argument that nobody gives', search('b/look', { query: TEXT, region: TEXT }), 0.9],
  ])('%s → none', (_why, other, cosine) => {
    expect(suggestAlternative(search('a/find', { query: TEXT }), other, cosine)).toBeNull();
  });
});

describe('mapArguments', () => {
  const takes = (properties: JsonObject, required = Object.keys(properties)) => {
    return { type: 'object', properties, required };
  };

  it.each([
    ['equal names', takes({ path: TEXT }), takes({ path: TEXT }), null, 1],
    [
      'one left over',
      takes({ a: TEXT, b: TEXT }, ['a']),
      takes({ a: TEXT }),
      { a: '${args.a}' },
      0.5,
    ],
    [
      'another spelling',
      takes({ filePath: TEXT }),
      takes({ file_path: TEXT }),
      { file_path: '${args.filePath}' },
      1,
    ],
  ])('%s → mapped', (_why, of, to, args, kept) => {
    expect(mapArguments(of, to)).toEqual({ args, kept });
  });

  it.each([
    ['an id, which one server knows', takes({ user_id: TEXT }), takes({ user_id: TEXT })],
    ['another type', takes({ when: TEXT }), takes({ when: { type: 'number' } })],
    ['nothing taken', takes({}), takes({})],
    ['what the call needs is left over', takes({ a: TEXT, b: TEXT }), takes({ a: TEXT })],
    [
      'needs what the call may leave out',
      takes({ some_words: TEXT }, []),
      takes({ someWords: TEXT }),
    ],
  ])('%s → not', (_why, of, to) => {
    expect(mapArguments(of, to)).toBeNull();
  });
});

describe('isCovered', () => {
  const rule = (body: object): CompositionRule => {
    return { name: 'r', reason: 'r', required: false, ...body } as CompositionRule;
  };
  const before = rule({ kind: 'before', first: 'ci/test', then: 'ci/deploy' });

  it.each([
    ['the same', rule({ kind: 'before', first: 'ci/*', then: 'ci/deploy' }), true],
    ['the contrary', rule({ kind: 'before', first: 'ci/deploy', then: 'ci/test' }), true],
    ['never together', rule({ kind: 'never-together', tools: ['ci/test', 'ci/deploy'] }), true],
    ['of other tools', rule({ kind: 'before', first: 'ci/lint', then: 'ci/deploy' }), false],
  ])('a rule that says %s → %s', (_what, known, isSaid) => {
    expect(isCovered(before, [known])).toBe(isSaid);
  });
});

describe('lowerBound', () => {
  it("few runs give little of a share, many nearly all of it (Wilson's interval)", () => {
    expect(lowerBound(3, 3)).toBeCloseTo(0.526, 3);
    expect(lowerBound(10, 10)).toBeCloseTo(0.787, 3);
    expect(lowerBound(50, 100)).toBeCloseTo(0.419, 3);
    expect(lowerBound(0, 0)).toBe(0);
  });
});
