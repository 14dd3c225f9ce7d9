// Proves what is suggested from the history of model calls, and that nothing is that could not serve.
import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import type { RoutingRules } from '../../../../services/llm/router/parse-providers-file.ts';
import { routeHistory } from '../../../../services/llm/usage/route-history.ts';
import { suggestRoutes } from '../../../../services/llm/usage/suggest-routes.ts';
import type { UsageRow } from '../../../../services/llm/usage/usage-rows.ts';
import { route } from '../support.ts';

const facts = {
  contextTokens: 100_000,
  outputTokens: 8_000,
  can: ['tools'],
  quality: 0.8,
} as const;
const perMillion = (usd: number) =>
  ({ kind: 'own', prices: { inputPerMillion: usd, outputPerMillion: usd } }) as const;
const now = route('one/now', { facts, price: perMillion(10) });
const cheap = route('two/cheap', { facts: { ...facts, quality: 0.5 }, price: perMillion(1) });

const row = (over: Partial<UsageRow> = {}): UsageRow => ({
  ...{ tenantId: DEFAULT_TENANT_ID, atMs: 0, route: 'one/now', role: 'worker', needs: 'tools' },
  ...{ isBatch: false, calls: 10, failed: 0, latencySumMs: 1_000, unpriced: 0, maxTokens: 5_000 },
  ...{ inputTokens: 900_000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 100_000 },
  ...{ costUsd: 10, lastProblem: null },
  ...over,
});
const rules = (over: Partial<RoutingRules> = {}): RoutingRules => ({
  preset: 'configured',
  ...over,
});
const suggest = (rows: UsageRow[], others = [cheap], given = rules()) =>
  suggestRoutes(rows, { routes: [now, ...others], rules: given }, 0);

describe('suggestRoutes', () => {
  it('another route had cost a tenth → suggested with both sums and what to weigh', () => {
    const [first] = suggest([row(), row({ atMs: 300_000 })]);
    expect(first).toMatchObject({ route: 'one/now', instead: 'two/cheap', calls: 20, costUsd: 20 });
    expect(first?.wouldCostUsd).toBeCloseTo(2, 9);
    expect(first?.says).toBe(
      '20 calls of the worker to one/now cost $20.0; by two/cheap the same tokens cost $2.00, 90 % less. Its quality is rated 0.5 instead of 0.8: try it on some of them first.',
    );
  });

  it.each([
    ['cannot do what calls needed', [row({ needs: 'tools,vision' })], [cheap], rules()],
    ['is too small for the longest call', [row({ maxTokens: 200_000 })], [cheap], rules()],
    ['has no known price', [row()], [route('two/x', { facts })], rules()],
    ['is priced for batches', [row()], [{ ...cheap, batchOnly: true }], rules()],
    [
      'is not allowed',
      [row()],
      [cheap],
      rules({ tenants: { [DEFAULT_TENANT_ID]: { allow: ['one/*'] } } }),
    ],
    [
      'makes embeddings',
      [row()],
      [{ ...cheap, facts: { ...facts, can: ['embeddings'] as const } }],
      rules(),
    ],
    ['would make other vectors', [row({ needs: 'embeddings' })], [cheap], rules()],
    ['saves next to nothing', [row()], [{ ...cheap, price: perMillion(9.9) }], rules()],
    ['costs of calls are not known', [row({ unpriced: 1 })], [cheap], rules()],
  ])('%s → not suggested', (_why, rows, others, given) => {
    expect(suggest(rows, others, given)).toEqual([]);
  });

  it('calls of batches → a route for batches is suggested', () => {
    const batch = { ...cheap, batchOnly: true };
    expect(suggest([row({ isBatch: true })], [batch])).toMatchObject([{ instead: 'two/cheap' }]);
  });
});

describe('routeHistory', () => {
  it('roles of one stretch → one line, judged by their failures', () => {
    const rows = [
      row({ calls: 6, failed: 1, latencySumMs: 600 }),
      row({ role: 'judge', calls: 4, failed: 2, latencySumMs: 400, lastProblem: 'Llm.Timeout' }),
      row({ atMs: 300_000, calls: 4, failed: 2 }),
      row({ atMs: 600_000, calls: 20, failed: 1 }),
    ];
    expect(routeHistory(rows)).toMatchObject([
      {
        atMs: 0,
        state: 'degraded',
        calls: 10,
        failed: 3,
        latencyMs: 100,
        lastProblem: 'Llm.Timeout',
      },
      { atMs: 300_000, state: 'failing' },
      { atMs: 600_000, state: 'healthy' },
    ]);
  });
});
