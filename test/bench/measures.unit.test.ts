// Proves the measures that every benchmark's figures rest on, against values worked out by hand,
// and that the runner finds benchmarks by file and says what is missing.
import { describe, expect, it } from 'vitest';
import { findDataDir } from './data-dir.ts';
import { listBenches } from './load-bench.ts';
import { interval } from './support/bootstrap.ts';
import { complete, firstHit, mean, ndcg, recall } from './support/measures.ts';
import { quantile } from './support/quantile.ts';
import { toTable } from './to-table.ts';

const GOLD = new Set(['a', 'b']);

describe('measures', () => {
  it('two of three wanted shown, one not first → recall, complete, hit@1', () => {
    expect(recall(['x', 'a'], GOLD)).toBe(0.5);
    expect(recall(['a', 'a', 'b'], GOLD)).toBe(1);
    expect(complete(['x', 'a'], GOLD)).toBe(0);
    expect(complete(['b', 'x', 'a'], GOLD)).toBe(1);
    expect(firstHit(['x', 'a'], GOLD)).toBe(0);
    expect(firstHit(['b'], GOLD)).toBe(1);
    expect(firstHit([], GOLD)).toBe(0);
  });

  it('ranks 2 and 3 of two wanted → nDCG over the best order', () => {
    const got = 1 / Math.log2(3) + 1 / Math.log2(4);
    const best = 1 + 1 / Math.log2(3);
    expect(ndcg(['x', 'a', 'b'], GOLD, 5)).toBeCloseTo(got / best, 10);
    expect(ndcg(['a', 'b'], GOLD, 5)).toBe(1);
    expect(ndcg(['a'], GOLD, 1)).toBe(1);
  });

  it('quantiles by nearest rank, means, intervals around the mean', () => {
    expect(quantile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(quantile([5, 1, 4, 2, 3], 0.99)).toBe(5);
    expect(mean([])).toBe(0);
    const values = Array.from({ length: 200 }, (_, i) => i % 2);
    const [low, high] = interval(values);
    expect(low).toBeGreaterThan(0.4);
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
    expect(high).toBeLessThan(0.6);
    expect(interval(values)).toEqual([low, high]);
  });
});

describe('bench runner', () => {
  it('files of benches/ → their names', async () => {
    expect(await listBenches()).toEqual(expect.arrayContaining(['retrieval', 'search', 'tokens']));
  });

  it('a folder without sets → an error that says what should be there', () => {
    expect(() => findDataDir('/nowhere/at/all')).toThrow(/\/nowhere\/at\/all.*retrieval\/.*--data/);
  });

  it('rows → a line a case, a column a measure', () => {
    const rows = [
      { case: 'one', measure: 'p50', value: 0.51234, unit: 'ms' },
      { case: 'one', measure: 'recall', value: 99.5, unit: '%' },
      { case: 'second', measure: 'recall', value: 120.4, unit: '%' },
    ];
    expect(toTable(rows, { color: false }).split('\n')).toEqual([
      'case         p50  recall',
      'one     0.512 ms  99.5 %',
      'second             120 %',
    ]);
  });
});
