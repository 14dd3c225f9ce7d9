// Proves what the evidence of an answer is made from and that each piece of it raises confidence.
import { describe, expect, it } from 'vitest';
import { confidence, FIT_THRESHOLD } from '../../../../services/registry/search/confidence.ts';
import { fitEvidence } from '../../../../services/registry/search/fit-evidence.ts';
import { createLexicalIndex } from '../../../../services/registry/search/lexical-index.ts';
import type { ScoredTool } from '../../../../services/registry/search/score-tools.ts';

function scored(scores: readonly number[], cosine = 0.5): ReadonlyMap<string, ScoredTool> {
  return new Map(
    scores.map((score, row) => [
      `t${row}`,
      { key: `t${row}`, score, cosine, dense: null, lexical: null },
    ]),
  );
}

const lexical = createLexicalIndex();
lexical.put('t0', ['read', 'file']);
lexical.put('t1', ['send', 'mail']);
const accept = (): boolean => true;
const searched = { steps: [], words: ['read', 'mail'], lexical, accept };

describe('fitEvidence', () => {
  it('no tool → none, and no confidence', () => {
    const evidence = fitEvidence({ ...searched, whole: new Map() });
    expect(evidence).toBeNull();
    expect(confidence(evidence)).toBe(0);
  });

  it('twenty tools → the lead over the twentieth; words of the best and of the best three', () => {
    const scores = Array.from({ length: 25 }, (_, row) => 1 - row / 100);
    const evidence = fitEvidence({ ...searched, whole: scored(scores) });
    expect(evidence?.lead).toBeCloseTo(0.19);
    expect(evidence?.covered).toBe(1);
    expect(evidence?.coveredByBest).toBeCloseTo(0.5);
  });

  it('fewer tools → the usual lead, whatever their scores', () => {
    const [near, far] = [scored([0.9, 0.8]), scored([0.9, 0.1])].map((whole) =>
      fitEvidence({ ...searched, whole }),
    );
    expect(near?.lead).toBe(far?.lead);
  });

  it('steps → the nearest tool of any of them', () => {
    const steps = [scored([0.2], 0.3), scored([0.8], 0.7)];
    expect(fitEvidence({ ...searched, whole: scored([0.5]), steps })?.nearest).toBe(0.7);
  });
});

describe('confidence', () => {
  const poor = { nearest: 0.1, lead: 0.1, covered: 0, coveredByBest: 0 };

  it('poor evidence → below the threshold; good → above it', () => {
    expect(confidence(poor)).toBeLessThan(FIT_THRESHOLD);
    expect(
      confidence({ nearest: 0.6, lead: 0.6, covered: 0.7, coveredByBest: 0.6 }),
    ).toBeGreaterThan(FIT_THRESHOLD);
  });

  it('more of any evidence → surer', () => {
    for (const name of ['nearest', 'lead', 'covered', 'coveredByBest'] as const) {
      expect(confidence({ ...poor, [name]: poor[name] + 0.3 })).toBeGreaterThan(confidence(poor));
    }
  });
});
