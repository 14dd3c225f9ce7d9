// Proves that an answer which the first choice did not give says what is different about it.
import { describe, expect, it } from 'vitest';
import { describeDetour } from '../../../../services/llm/router/describe-detour.ts';
import { route } from '../support.ts';

const facts = {
  contextTokens: 100_000,
  outputTokens: 8_000,
  can: ['tools', 'vision', 'json-schema'] as const,
  quality: 0.8,
};
const first = route('one/big', { facts });
const attempt = (id: string) =>
  ({ route: id, outcome: 'skipped', why: 'x', durationMs: 0 }) as const;

describe('describeDetour', () => {
  it('the first choice served → nothing; after another of its keys → said', () => {
    expect(describeDetour(first, first, [])).toBeNull();
    expect(describeDetour(first, first, [attempt('one/big')])).toBe('another key of one');
  });

  it('the same model elsewhere → another provider or region', () => {
    const there = route('two/big', { facts });
    expect(describeDetour(first, there, [])).toBe('the same model by two instead of one');
  });

  it('as good in all it can → equivalent, also where the operator says so', () => {
    const like = route('two/like', { facts: { ...facts, quality: 0.79 } });
    expect(describeDetour(first, like, [])).toContain('an equivalent model: two/like');
    const small = { facts: { ...facts, quality: 0.3 }, equivalent: 'ours' };
    const said = describeDetour({ ...first, equivalent: 'ours' }, route('two/x', small), []);
    expect(said).toBe('an equivalent model: two/x instead of one/big');
  });

  it('a lesser one → what it cannot do is named', () => {
    const lesser = route('two/small', {
      facts: { contextTokens: 8_000, outputTokens: null, can: ['tools'], quality: 0.4 },
    });
    expect(describeDetour(first, lesser, [])).toBe(
      'a lesser model: two/small instead of one/big (no vision, no json-schema, 8000 tokens of context instead of 100000, quality 0.4 instead of 0.8)',
    );
  });
});
