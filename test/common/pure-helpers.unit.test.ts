// Proves the small pure functions that hashes, failures, sizes and sums rest on.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addUsage, NO_USAGE } from '../../common/add-usage.ts';
import { canonicalJson } from '../../common/canonical-json.ts';
import { describeFailure } from '../../common/describe-failure.ts';
import type { JsonValue } from '../../common/json.ts';
import { keepWithin } from '../../common/result-size.ts';
import { textResult } from '../support/plans.ts';

describe('canonicalJson', () => {
  it('any JSON → parses back to the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const back = JSON.parse(canonicalJson(value as JsonValue)) as unknown;
        expect(back).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('keys in another order → the same text', () => {
    expect(canonicalJson({ b: 1, a: { d: [2], c: null } })).toBe(
      canonicalJson({ a: { c: null, d: [2] }, b: 1 }),
    );
  });
});

describe('describeFailure', () => {
  it('wrapped failures → the innermost message', () => {
    const inner = new Error('disk is full');
    expect(describeFailure(new Error('Activity task failed', { cause: inner }))).toBe(
      'disk is full',
    );
  });

  it('things that are no errors → something readable', () => {
    expect(describeFailure('text')).toBe('text');
    expect(describeFailure({ a: 1 })).toBe('{"a":1}');
  });
});

describe('keepWithin', () => {
  it('small results → unchanged', () => {
    const results = { a: textResult('x'), b: textResult('y') };
    expect(keepWithin(results)).toEqual(results);
  });

  it('results over the bound → the first stay whole, the others keep a preview', () => {
    const results = {
      a: textResult('a'.repeat(600_000)),
      b: textResult('b'.repeat(600_000)),
      c: textResult('c'),
    };
    const kept = keepWithin(results);
    expect(kept['a']).toEqual(results.a);
    expect(JSON.stringify(kept['b']).length).toBeLessThan(1_300);
    expect(JSON.stringify(kept['b'])).toContain('600000 characters');
    expect(kept['c']).toEqual(results.c);
  });
});

describe('addUsage', () => {
  it('an unknown part → the sum is unknown, not smaller', () => {
    const sum = addUsage(
      { ...NO_USAGE, inputTokens: 3, costUsd: null },
      {
        ...NO_USAGE,
        inputTokens: 4,
      },
    );
    expect(sum).toMatchObject({ inputTokens: 7, costUsd: null });
  });
});
