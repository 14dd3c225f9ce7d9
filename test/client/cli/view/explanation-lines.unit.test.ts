// Proves how an explained plan is put into words.
import { describe, expect, it } from 'vitest';
import { explanationLines } from '../../../../client/cli/view/explanation-lines.ts';
import { PLAIN } from './support.ts';

describe('explanationLines', () => {
  it('two rounds, one step answered by another, one left out → each said in words', () => {
    const step = { tool: 's/t', waits: [], sameAs: null, round: 1 };
    const wait = { for: 'a', reason: 'resource', detail: 'both touch /a\u001b[2J' };
    const steps = [
      { ...step, id: 'a' },
      { ...step, id: 'b', sameAs: 'a' },
      { ...step, id: 'm', callsFor: ['x', 'y'] },
      { ...step, id: 'x', partOf: 'm' },
      { ...step, id: 'f', batch: { tool: 's/many', maxItems: 3 } },
      { ...step, id: 'w', waits: [wait], round: 2 },
    ];
    const critical = { steps: ['a', 'w'], expectedMs: 1_250 };
    expect(explanationLines({ steps, dropped: ['d'], depth: 2, critical }, PLAIN)).toEqual([
      'At once',
      '  a (s/t)',
      '  b (s/t, answered by a)',
      '  m (s/t)',
      '    one call for x, y: their server takes them together',
      '  x (s/t, answered by m)',
      '  f (s/t)',
      '    calls s/many for up to 3 items at once',
      'Round 2',
      '  w (s/t)',
      '    waits for a: both touch /a (resource)',
      'Left out, since nothing wanted needs them: d',
      'Longest way: a → w, about 1.25 s',
      '6 steps in 2 rounds',
    ]);
  });
});
