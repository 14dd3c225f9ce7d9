// Proves that requests that an embedding takes for the same, and that are not, are told apart; and that
// mere rewordings are not.
import { describe, expect, it } from 'vitest';
import { findDifference } from '../../../../services/cache/semantic/find-difference.ts';
import { overlapOf } from '../../../../services/cache/semantic/overlap.ts';

describe('findDifference', () => {
  it.each([
    ['numbers', 'What was revenue in Q1?', 'What was revenue in Q2?'],
    ['numbers', 'Is 400 mg of it safe?', 'Is 800 mg of it safe?'],
    ['numbers', 'Add 2.5 to it', 'Add 2,5 to it'],
    ['numbers', 'the first novel', 'the second novel'],
    ['negation', 'Can I cancel it?', 'Can’t I cancel it?'],
    ['negation', 'arguments for ethics', 'arguments against ethics'],
    ['negation', 'with sugar', 'without sugar'],
    ['names', 'What is the weather in Paris today?', 'What is the weather in London today?'],
    ['names', 'how do I use Python for this?', 'how do I use it for this?'],
    ['order', 'How do I convert dollars to rupees?', 'How do I convert rupees to dollars?'],
    ['order', 'Is tea better than coffee?', 'Is coffee better than tea?'],
  ])('%s differ: "%s" and "%s" → seen, either way round', (difference, a, b) => {
    expect(findDifference(a, b)).toBe(difference);
    expect(findDifference(b, a)).toBe(difference);
  });

  it.each([
    ['How do I learn to cook?', 'What is the best way to learn cooking?'],
    ['What is the weather in Paris?', 'what is the weather in paris'],
    ['Who wrote it? Tell me in 3 words.', 'who wrote it, tell me in 3 words'],
    ['', ''],
  ])('only worded differently: "%s" and "%s" → null', (a, b) => {
    expect(findDifference(a, b)).toBeNull();
  });

  it('100 kB → an answer, soon', () => {
    const long = 'Every Word here counts as one. '.repeat(3_000);
    expect(findDifference(long, `${long} 7`)).toBe('numbers');
  });
});

describe('overlapOf', () => {
  it('equal, half and nothing in common → 1, in between, 0', () => {
    expect(overlapOf('cook rice', 'How to cook rices')).toBe(1);
    expect(overlapOf('cook rice', 'cook beans')).toBeCloseTo(1 / 3);
    expect(overlapOf('cook rice', 'paint walls')).toBe(0);
    expect(overlapOf('', '')).toBe(1);
  });
});
