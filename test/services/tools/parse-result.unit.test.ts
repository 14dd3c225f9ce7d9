// Proves that a result from the shared cache is read as it was written, and that anything else is no
// result: what lies in Redis may be of another version, or damaged.
import { describe, expect, it } from 'vitest';
import type { ToolResult } from '../../../common/tool.ts';
import { fromPayload, toPayload } from '../../../services/cache/cache-payload.ts';
import { parseResult } from '../../../services/tools/parse-result.ts';

const result: ToolResult = {
  isError: false,
  content: [
    { kind: 'text', text: 'Grüße, 世界' },
    { kind: 'resource-link', uri: 'file:///a', name: 'a' },
    { kind: 'resource', uri: 'file:///b', mediaType: null, text: 'b', artifact: null },
  ],
  structured: { deep: [{ n: 1.5, none: null }] },
  artifact: null,
};

describe('parseResult', () => {
  it('result as it was written → the same', () => {
    expect(parseResult(fromPayload(toPayload(result as never)))).toEqual(result);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a word', 'text'],
    ['an unknown kind of block', { ...result, content: [{ kind: 'video', text: 'x' }] }],
    ['a field missing', { isError: false, content: [] }],
    ['an artifact, which may be gone', { ...result, artifact: { artifactId: 'a' } }],
  ])('%s → null', (_, value) => {
    expect(parseResult(value)).toBeNull();
  });
});

describe('fromPayload', () => {
  it.each([
    ['cut off', (payload: string) => payload.slice(0, -1)],
    ['one character changed', (payload: string) => payload.replace('1.5', '1.6')],
    ['without its checksum', (payload: string) => payload.slice(payload.indexOf(':') + 1)],
    ['empty', () => ''],
  ])('payload %s → undefined', (_, damage) => {
    expect(fromPayload(damage(toPayload(result as never)))).toBeUndefined();
  });
});
