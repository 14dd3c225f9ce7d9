// Proves what rules a route out, what each preset prefers, and which names a caller may ask for.
import { describe, expect, it } from 'vitest';
import { isServiceError } from '../../../../services/errors.ts';
import { modelFacts } from '../../../../services/llm/router/model-facts.ts';
import type { RouteMeasures } from '../../../../services/llm/router/rank-routes.ts';
import { rankRoutes } from '../../../../services/llm/router/rank-routes.ts';
import { selectRoutes } from '../../../../services/llm/router/select-routes.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import { route } from '../support.ts';

const facts = {
  contextTokens: 100_000,
  outputTokens: 8_000,
  can: ['tools'],
  quality: 0.5,
} as const;
const cheap = route('a/cheap', { facts: { ...facts, quality: 0.3 } });
const fast = route('b/fast', { facts });
const best = route('c/best', { facts: { ...facts, can: ['tools', 'vision'], quality: 0.95 } });
const routes = [best, fast, cheap];

const MEASURED: Readonly<Record<string, RouteMeasures>> = {
  'a/cheap': { callUsd: 0.001, latencyMs: 2_000 },
  'b/fast': { callUsd: 0.01, latencyMs: 200 },
  'c/best': { callUsd: 0.05, latencyMs: 3_000 },
};
const measures = ({ id }: { id: string }) => MEASURED[id] ?? { callUsd: null, latencyMs: null };
const needs = { can: ['tools'], contextTokens: 1_000, budgetUsd: null, allow: null } as const;

const order = (preset: Parameters<typeof rankRoutes>[2]['preset']) =>
  rankRoutes(routes, needs, { preset, measures }).ranked.map((one) => one.route.id);

describe('rankRoutes', () => {
  it('preset → its favourite first, and every route has its reason', () => {
    expect(order('configured')).toEqual(['c/best', 'b/fast', 'a/cheap']);
    expect(order('cheap')[0]).toBe('a/cheap');
    expect(order('fast')[0]).toBe('b/fast');
    expect(order('best')[0]).toBe('c/best');
    const [first] = rankRoutes(routes, needs, { preset: 'cheap', measures }).ranked;
    expect(first?.why).toBe('cheap: about $0.0010 a call, 2000 ms, quality 0.3');
  });

  it('balanced → one that is first in nothing and good in all goes before those that are', () => {
    const middle = route('d/middle', { facts: { ...facts, quality: 0.85 } });
    const each: Readonly<Record<string, RouteMeasures>> = {
      'a/cheap': { callUsd: 0.01, latencyMs: 2_000 },
      'b/fast': { callUsd: 0.05, latencyMs: 200 },
      'c/best': { callUsd: 0.05, latencyMs: 3_000 },
      'd/middle': { callUsd: 0.012, latencyMs: 500 },
    };
    const first = (preset: 'cheap' | 'fast' | 'best' | 'balanced') =>
      rankRoutes([...routes, middle], needs, {
        preset,
        measures: ({ id }) => each[id] ?? { callUsd: null, latencyMs: null },
      }).ranked[0]?.route.id;
    expect([first('cheap'), first('fast'), first('best')]).toEqual(['a/cheap', 'b/fast', 'c/best']);
    expect(first('balanced')).toBe('d/middle');
  });

  it.each([
    [{ can: ['vision'] as const }, ['c/best'], 'cannot do vision'],
    [{ contextTokens: 200_000 }, [], 'takes 100000 tokens, the request needs about 200000'],
    [{ allow: ['b/*'] }, ['b/fast'], 'is not allowed for this tenant'],
    [{ budgetUsd: 0.02 }, ['b/fast', 'a/cheap'], 'costs about $0.05 a call, $0.02 is left'],
  ])('%o → only %o fit, the others say why', (over, fit, why) => {
    const { ranked, excluded } = rankRoutes(
      routes,
      { ...needs, ...over },
      { preset: 'configured', measures },
    );
    expect(ranked.map((one) => one.route.id)).toEqual(fit);
    expect(excluded.map((one) => one.why)).toContain(why);
  });

  it('what is left pays for none → the cheapest alone: the run decides about a last call', () => {
    const { ranked, excluded } = rankRoutes(
      routes,
      { ...needs, budgetUsd: 0.0001 },
      { preset: 'configured', measures },
    );
    expect(ranked.map((one) => one.route.id)).toEqual(['a/cheap']);
    expect(excluded).toHaveLength(2);
  });

  it('priced for batches → first in a batch, and never outside of one', () => {
    const slow = route('d/slow', { facts, batchOnly: true });
    const rank = (isBatch: boolean) =>
      rankRoutes([...routes, slow], { ...needs, isBatch }, { preset: 'configured', measures });
    expect(rank(true).ranked[0]).toMatchObject({
      route: { id: 'd/slow' },
      why: expect.stringContaining('batches') as string,
    });
    expect(rank(false).ranked.map((one) => one.route.id)).not.toContain('d/slow');
    expect(rank(false).excluded).toMatchObject([
      { why: expect.stringContaining('belongs to none') as string },
    ]);
  });

  it('price not known → last where price decides, never taken for free', () => {
    const strange = route('d/strange', { facts });
    const { ranked } = rankRoutes([strange, cheap], needs, { preset: 'cheap', measures });
    expect(ranked.map((one) => one.route.id)).toEqual(['a/cheap', 'd/strange']);
    expect(ranked[1]?.why).toContain('price not known');
  });

  it("quality of a role's own → replaces the table's", () => {
    const quality = { cheap: 1, 'c/best': 0 };
    const { ranked } = rankRoutes(routes, needs, { preset: 'best', measures, quality });
    expect(ranked[0]?.route.id).toBe('a/cheap');
  });
});

describe('selectRoutes', () => {
  const select = (model?: string) =>
    selectRoutes({ routes, rules: { preset: 'configured' } }, 'worker', {
      tenantId: DEFAULT_TENANT_ID,
      can: [],
      promptTokens: 10,
      maxOutputTokens: 10,
      measures,
      ...(model === undefined ? {} : { model }),
    });

  it.each([
    [undefined, 'configured', 3],
    ['auto', 'configured', 3],
    ['auto:cheap', 'cheap', 3],
    ['best', 'configured', 1],
    ['b/fast', 'configured', 1],
    ['a/*', 'configured', 1],
  ] as const)('model %s → preset %s over %i routes', (model, preset, count) => {
    const selected = select(model);
    expect(selected.preset).toBe(preset);
    expect(selected.ranking.ranked).toHaveLength(count);
  });

  it.each([
    [
      'c/bset',
      'There is no model "c/bset". Did you mean "c/best"? There are: c/best, b/fast, a/cheap.',
    ],
    ['auto:cheep', 'There is no routing "auto:cheep"; there are auto:configured, auto:cheap'],
  ])('unknown %s → says what there is', (model, message) => {
    let error: unknown;
    try {
      select(model);
    } catch (thrown) {
      error = thrown;
    }
    expect(isServiceError(error) ? error.message : error).toContain(message);
  });
});

describe('modelFacts', () => {
  it.each([
    ['gpt-5.4-mini-2026-03-01', 0.75],
    ['openai/gpt-5.4-mini', 0.75],
    ['claude-sonnet-5', 0.9],
    ['gpt-50', 0.5],
    ['llama3.2:latest', 0.5],
  ])('%s → quality %d, by its family', (model, quality) => {
    expect(modelFacts(model).quality).toBe(quality);
  });
});
