// Each JSON Schema construct on its own: what Gemini gets, written out.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../../../common/json.ts';
import { toGeminiSchema } from '../../../../../services/llm/dialects/google/to-gemini-schema.ts';
import { geminiSchemaProblems } from '../../../../support/gemini-schema-problems.ts';

/** Converts one property and gives back what became of it. */
function property(schema: JsonValue, defs: JsonObject = {}): JsonValue | undefined {
  const root = { type: 'object', properties: { it: schema }, $defs: defs };
  const converted = toGeminiSchema(root);
  expect(geminiSchemaProblems(converted)).toEqual([]);
  return (converted['properties'] as JsonObject)['it'];
}

describe('toGeminiSchema', () => {
  it('no schema at all → an object without properties', () => {
    expect(toGeminiSchema({})).toEqual({ type: 'object', properties: {} });
  });

  it('keywords of the document itself → gone', () => {
    const schema = { $schema: 'x', $id: 'y', $comment: 'z', type: 'object', properties: {} };
    expect(toGeminiSchema(schema)).toEqual({ type: 'object', properties: {} });
  });

  it('what Gemini knows → kept', () => {
    const kept: JsonObject = {
      type: 'array',
      title: 'T',
      description: 'D',
      minItems: 1,
      maxItems: 3,
      items: { type: 'integer', minimum: 1, maximum: 9 },
    };
    expect(property(kept)).toEqual(kept);
  });

  it('limits it has no place for → told in the description', () => {
    expect(
      property({
        type: 'string',
        description: 'A name.',
        minLength: 1,
        pattern: '^a',
        default: 'a',
      }),
    ).toEqual({
      type: 'string',
      description: 'A name. Default: "a". Pattern: "^a". Shortest length: 1.',
    });
  });

  it.each([
    [
      { type: 'string', format: 'date-time' },
      { type: 'string', format: 'date-time' },
    ],
    [
      { type: 'string', format: 'uri' },
      { type: 'string', description: 'Format: uri.' },
    ],
    [{ const: 'a' }, { type: 'string', enum: ['a'] }],
    [{ enum: ['a', 'b', null] }, { type: ['string', 'null'], enum: ['a', 'b'] }],
    [
      { type: 'integer', enum: [1, 2] },
      { type: 'integer', enum: [1, 2] },
    ],
    [{ const: true }, { type: 'boolean', description: 'One of: [true].' }],
    [{ type: ['string', 'null'] }, { type: ['string', 'null'] }],
    [{ type: 'array' }, { type: 'array', items: {} }],
    [
      { type: 'array', items: [{ type: 'string' }] },
      { type: 'array', prefixItems: [{ type: 'string' }] },
    ],
    [{ type: 'str' }, { type: 'string' }],
    [{ type: 'PublicKey' }, { description: 'Type: PublicKey.' }],
    [{ properties: { a: true } }, { type: 'object', properties: { a: {} } }],
    [
      { type: 'object', properties: { a: {} }, required: ['a', 'b'] },
      { type: 'object', properties: { a: {} }, required: ['a'] },
    ],
    [
      { type: 'object', additionalProperties: { type: 'string', minLength: 1 } },
      {
        type: 'object',
        additionalProperties: { type: 'string', description: 'Shortest length: 1.' },
      },
    ],
  ] as [JsonObject, JsonObject][])('%j → %j', (schema, expected) => {
    expect(property(schema)).toEqual(expected);
  });

  it('optional value as a union with null → its type, nullable', () => {
    expect(
      property({
        anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }],
        description: 'Days.',
      }),
    ).toEqual({ type: ['integer', 'null'], minimum: 0, description: 'Days.' });
  });

  it('union → anyOf, oneOf too', () => {
    const either = { anyOf: [{ type: 'string' }, { type: 'number' }] };
    expect(property(either)).toEqual(either);
    expect(property({ oneOf: either.anyOf })).toEqual(either);
    expect(property({ anyOf: [...either.anyOf, { type: 'null' }] })).toEqual({
      anyOf: [...either.anyOf, { type: 'null' }],
    });
  });

  it('reference → what it points at, the words at the reference win', () => {
    const defs = { Day: { type: 'string', description: 'A day.' } };
    expect(property({ $ref: '#/$defs/Day', description: 'The first day.' }, defs)).toEqual({
      type: 'string',
      description: 'The first day.',
    });
  });

  it('reference to itself → cut where it comes round again', () => {
    const defs = { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } };
    expect(property({ $ref: '#/$defs/Node' }, defs)).toEqual({
      type: 'object',
      properties: { next: { type: 'object', description: 'Has the form of Node.' } },
    });
  });

  it('reference that goes nowhere → anything', () => {
    expect(property({ $ref: '#/$defs/Gone' })).toEqual({});
    expect(property({ $ref: 'https://example.com/schema.json' })).toEqual({});
  });

  it('allOf → one object with the properties of all', () => {
    const defs = { Base: { type: 'object', properties: { a: {} }, required: ['a'] } };
    expect(
      property({ allOf: [{ $ref: '#/$defs/Base' }], properties: { b: {} }, required: ['b'] }, defs),
    ).toEqual({ type: 'object', properties: { a: {}, b: {} }, required: ['a', 'b'] });
  });

  it('properties called like keywords → kept', () => {
    const schema = {
      type: 'object',
      properties: { default: { type: 'string' }, $ref: { type: 'string' } },
    };
    expect(property(schema)).toEqual(schema);
  });

  it('any schema at all → one that Gemini takes, and the input untouched', () => {
    fc.assert(
      fc.property(fc.noShrink(fc.integer()), (seed) => {
        const schema = randomSchema(randomFrom(seed), 3);
        const before = JSON.stringify(schema);
        expect(geminiSchemaProblems(toGeminiSchema(schema))).toEqual([]);
        expect(JSON.stringify(schema)).toBe(before);
      }),
      { numRuns: 300 },
    );
  });

  it('definitions that unfold without end → cut short', () => {
    const names = Array.from({ length: 20 }, (_, index) => `D${index}`);
    const all = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]));
    const $defs = Object.fromEntries(
      names.map((name) => [name, { type: 'object', properties: all }]),
    );
    const converted = toGeminiSchema({ type: 'object', properties: all, $defs });
    expect(JSON.stringify(converted).length).toBeLessThan(2_000_000);
    expect(geminiSchemaProblems(converted)).toEqual([]);
  });
});

/** A whole number under `limit`; the same sequence for the same seed. */
type Random = (limit: number) => number;

function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % limit;
  };
}

const SIMPLE: readonly [string, readonly JsonValue[]][] = [
  ['type', ['string', 'integer', 'array', 'object', 'null', 'str', 'odd', ['string', 'null']]],
  ['enum', [[], ['a', null], [1, 'b'], [true], [null]]],
  ['const', ['a', true, null, 7]],
  ['format', ['uri', 'date']],
  ['required', [['a'], ['a', 'b'], []]],
  ['$ref', ['#', '#/properties/a', '#/$defs/x', 'nowhere']],
  ['default', [null, {}, 'x']],
  ['additionalProperties', [true, false]],
  ['uniqueItems', [true]],
];

function randomSchema(random: Random, depth: number): JsonObject {
  const schema: Record<string, JsonValue> = {};
  for (const [key, values] of SIMPLE) {
    if (random(4) === 0) schema[key] = values[random(values.length)] ?? null;
  }
  if (depth === 0) return schema;
  const inner = () => randomSchema(random, depth - 1);
  const some = () => Array.from({ length: random(3) }, inner);
  if (random(2) === 0) schema['properties'] = { a: inner(), $ref: inner() };
  if (random(3) === 0) schema['items'] = random(2) === 0 ? inner() : some();
  if (random(3) === 0) schema['anyOf'] = some();
  if (random(3) === 0) schema['oneOf'] = some();
  if (random(3) === 0) schema['allOf'] = some();
  if (random(3) === 0) schema['additionalProperties'] = inner();
  if (random(3) === 0) schema['$defs'] = { x: inner() };
  return schema;
}
