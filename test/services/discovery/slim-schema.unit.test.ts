// Proves that a schema keeps what a call is written by, and that one made to be large is bounded.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../common/json.ts';
import { slimSchema } from '../../../services/discovery/slim-schema.ts';

const MAX_CHARS = 20_000;

function nested(depth: number, width: number): JsonObject {
  if (depth === 0) return { type: 'string', description: 'A leaf of the tree.' };
  const fields = Array.from({ length: width }, (_, at) => [`f${at}`, nested(depth - 1, width)]);
  return { type: 'object', properties: Object.fromEntries(fields) as JsonObject };
}

describe('slimSchema', () => {
  it('small schema → names, types, choices and required stay, prose is cut', () => {
    const schema = {
      $schema: 'x',
      title: 'T',
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'string', enum: ['p', 'q'], description: 'd'.repeat(400) } },
    };
    expect(slimSchema(schema)).toEqual({
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'string', enum: ['p', 'q'], description: `${'d'.repeat(199)}…` } },
    });
  });

  it('too large → the outer names stay, the inside is open', () => {
    const slimmed = slimSchema(nested(6, 6)) as { properties: Record<string, JsonObject> };
    expect(JSON.stringify(slimmed).length).toBeLessThanOrEqual(MAX_CHARS);
    expect(Object.keys(slimmed.properties)).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5']);
  });

  it('5 MB in one level → any object, since nothing of it fits', () => {
    const names = Array.from({ length: 50_000 }, (_, at) => [
      `name_${at}`,
      { const: 'x'.repeat(80) },
    ]);
    const slimmed = slimSchema({
      type: 'object',
      properties: Object.fromEntries(names) as JsonObject,
    });
    expect(slimmed).toEqual({ type: 'object' });
  });
});
