// Proves that a schema keeps what a call is written by, and that one made to be large is bounded.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../common/json.ts';
import { BRIEF, OUTLINE, slimSchema, WHOLE } from '../../../services/discovery/slim-schema.ts';

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
    const shown = (description: object) => ({
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'string', enum: ['p', 'q'], ...description } },
    });
    expect(slimSchema(schema, BRIEF)).toEqual({
      schema: shown({ description: `${'d'.repeat(79)}…` }),
      isCut: true,
    });
    expect(slimSchema(schema, OUTLINE)).toEqual({ schema: shown({}), isCut: true });
    expect(slimSchema(schema, WHOLE)).toEqual({
      schema: shown({ description: 'd'.repeat(400) }),
      isCut: false,
    });
  });

  it('too large → the outer names stay, the inside is open', () => {
    for (const detail of [WHOLE, BRIEF, OUTLINE]) {
      const { schema, isCut } = slimSchema(nested(6, 6), detail);
      expect(JSON.stringify(schema).length).toBeLessThanOrEqual(detail.chars);
      expect(Object.keys(schema['properties'] ?? {})).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5']);
      expect(isCut).toBe(true);
    }
  });

  it('5 MB in one level → any object, since nothing of it fits', () => {
    const names = Array.from({ length: 50_000 }, (_, at) => [
      `name_${at}`,
      { const: 'x'.repeat(80) },
    ]);
    const properties = Object.fromEntries(names) as JsonObject;
    const slimmed = slimSchema({ type: 'object', properties }, WHOLE);
    expect(slimmed).toEqual({ schema: { type: 'object' }, isCut: true });
  });
});
