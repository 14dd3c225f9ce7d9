// Proves which choices of models a run keeps, and that they stay few.
import { describe, expect, it } from 'vitest';
import type { LlmRouting } from '../../common/llm-routing.ts';
import { addChoices } from '../../common/model-choice.ts';

function routing(route: string, tried = 1): LlmRouting {
  const failed = {
    route: 'a/full',
    outcome: 'Llm.RateLimited',
    why: '429',
    durationMs: 5,
  } as const;
  const served = { route, outcome: 'ok', why: 'in the order configured', durationMs: 9 } as const;
  return {
    preset: 'configured',
    attempts: [...Array.from({ length: tried - 1 }, () => failed), served],
    excluded: [{ route: 'b/blind', why: 'it takes no images' }],
    degraded: ['another model'],
  };
}

describe('addChoices', () => {
  it('two calls of a turn → both with the turn, without what could not have served them', () => {
    const [first, second, ...rest] = addChoices([], 3, [routing('a/x', 2), routing('c/y')]);
    expect(rest).toEqual([]);
    expect(first).toEqual({
      turn: 3,
      preset: 'configured',
      attempts: routing('a/x', 2).attempts,
      degraded: ['another model'],
    });
    expect(second?.attempts.map(({ route }) => route)).toEqual(['c/y']);
  });

  it('more calls than are kept, each with many attempts → the latest 20 of both', () => {
    let kept = addChoices([], 1, []);
    for (let turn = 1; turn <= 25; turn += 1) kept = addChoices(kept, turn, [routing('a/x', 30)]);
    expect(kept.map(({ turn }) => turn)).toEqual(Array.from({ length: 20 }, (_, at) => at + 6));
    expect(kept[0]?.attempts).toHaveLength(20);
    expect(kept[0]?.attempts.at(-1)?.outcome).toBe('ok');
  });
});
