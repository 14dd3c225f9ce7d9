// Proves what people read of an answer that came another way.
import { describe, expect, it } from 'vitest';
import { degradedWords, staleWords } from '../../common/degraded.ts';
import type { ToolId } from '../../common/tool.ts';

describe('degradedWords', () => {
  it.each([
    [400, 'stale cache, 0 s old'],
    [42_000, 'stale cache, 42 s old'],
    [119_000, 'stale cache, 119 s old'],
    [600_000, 'stale cache, 10 min old'],
    [7_200_000, 'stale cache, 2 h old'],
  ])('%d ms → %s', (ageMs, words) => {
    expect(staleWords(ageMs)).toBe(words);
    expect(degradedWords({ kind: 'stale-cache', ageMs, why: 'x' })).toBe(words);
  });

  it('another tool → named', () => {
    const tool = 'spare/find' as ToolId;
    const how = { kind: 'alternative-tool', tool, rule: 'r', why: 'x' } as const;
    expect(degradedWords(how)).toBe('answered by spare/find instead');
  });
});
