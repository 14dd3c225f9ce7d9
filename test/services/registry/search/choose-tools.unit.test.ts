// Proves that steps get their tools beside the request as a whole, from scores made by hand.
import { describe, expect, it } from 'vitest';
import { chooseTools } from '../../../../services/registry/search/choose-tools.ts';
import type { ScoredTool } from '../../../../services/registry/search/score-tools.ts';

function scored(scores: Readonly<Record<string, number>>): ReadonlyMap<string, ScoredTool> {
  return new Map(
    Object.entries(scores).map(([key, score]) => [
      key,
      { key, score, cosine: score, dense: null, lexical: null },
    ]),
  );
}

const keys = (chosen: readonly { readonly key: string }[]): string[] =>
  chosen.map(({ key }) => key);

describe('chooseTools', () => {
  it('no steps → by score; equal scores by key', () => {
    const whole = scored({ low: 0.2, b: 0.5, a: 0.5, high: 0.9 });
    expect(keys(chooseTools(whole, [], 3))).toEqual(['high', 'a', 'b']);
  });

  it('two steps, one with many good tools → the other gets its tool all the same', () => {
    const read = { read: 0.8, readLines: 0.78, readAll: 0.77, open: 0.76 };
    const mail = { mail: 0.6, read: 0.1 };
    const whole = scored({ ...read, mail: 0.4 });
    expect(keys(chooseTools(whole, [], 3))).not.toContain('mail');
    const chosen = chooseTools(whole, [scored(read), scored(mail)], 3);
    expect(keys(chosen)).toContain('mail');
    expect(chosen.find(({ key }) => key === 'mail')?.step).toBe(1);
  });

  it('a step that finds nothing near → takes no place from one that does', () => {
    const weather = { forecast: 0.8, alerts: 0.75, history: 0.7 };
    const chatter = { joke: 0.15 };
    const chosen = chooseTools(scored(weather), [scored(weather), scored(chatter)], 3);
    expect(keys(chosen)).toEqual(['forecast', 'alerts', 'history']);
  });

  it('any answer → scores fall, no tool twice, no more than there are', () => {
    const a = scored({ x: 0.5, y: 0.4, z: 0.3 });
    const b = scored({ z: 0.6, y: 0.5 });
    const chosen = chooseTools(a, [a, b], 10);
    expect(keys(chosen).toSorted()).toEqual(['x', 'y', 'z']);
    const scores = chosen.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((p, q) => q - p));
  });

  it('nothing found at all → nothing', () => {
    expect(chooseTools(scored({}), [], 5)).toEqual([]);
    expect(chooseTools(scored({}), [scored({}), scored({})], 5)).toEqual([]);
  });
});
