// Proves that whatever is called plain fits by Ajv too, for schemas and values of every kind made
// from a seed; and that plain ones are called so, since else nothing would be spared.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import type { JsonValue } from '../../../common/json.ts';
import { fitsPlainly } from '../../../services/schema/fits-plainly.ts';
import { createRandom } from '../../bench/support/random.ts';

const PARTS: readonly JsonValue[] = [
  ...[null, true, 0, 1, -1, 2.5, 'a', 'ab', '😀', '', [], {}, ['a', 1], [[]], { a: 1 }],
  ...[
    { a: 'x', b: 2 },
    { b: null },
    { a: { b: [1, 'a'] } },
    { isPrototypeOf: 1 },
    { a: [1, 2, 3] },
  ],
];
const TYPES = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object'];

const random = createRandom(7);
const some = <Value>(values: readonly Value[]): Value =>
  values[Math.floor(random() * values.length)] as Value;

function schemaOf(depth: number): JsonValue {
  if (random() < 0.1) return random() < 0.8;
  const deeper = (): JsonValue => (depth === 0 ? true : schemaOf(depth - 1));
  const keywords: Record<string, () => JsonValue> = {
    type: () => (random() < 0.7 ? some(TYPES) : [...new Set([some(TYPES), some(TYPES)])]),
    enum: () => [some(PARTS), some(PARTS)],
    const: () => some(PARTS),
    properties: () => ({ a: deeper(), b: deeper() }),
    required: () => [some(['a', 'b', 'isPrototypeOf'])],
    additionalProperties: deeper,
    items: deeper,
    minimum: () => some([0, 1]),
    maximum: () => some([1, 2]),
    minLength: () => 1,
    maxLength: () => some([1, 2]),
    minItems: () => 1,
    maxItems: () => 2,
    title: () => 'x',
    pattern: () => '^a',
    not: deeper,
    uniqueItems: () => true,
  };
  const chosen = Object.entries(keywords).filter(() => random() < 0.15);
  return Object.fromEntries(chosen.map(([name, make]) => [name, make()]));
}

it('any schema and value → never said to fit where Ajv refuses', () => {
  const said = { fits: 0, plain: 0 };
  for (let round = 0; round < 500; round += 1) {
    const schema = schemaOf(2) as boolean | object;
    const ajv = new Ajv2020({
      strict: false,
      logger: false,
      validateSchema: false,
      ownProperties: true,
    });
    const judge = ajv.compile(schema);
    for (const value of PARTS) {
      const isPlain = fitsPlainly(schema as JsonValue, value);
      const fits = judge(value);
      if (isPlain && !fits)
        throw new Error(`${JSON.stringify(schema)} of ${JSON.stringify(value)}`);
      said.fits += Number(fits);
      said.plain += Number(isPlain);
    }
  }
  expect(said.plain / said.fits).toBeGreaterThan(0.4);
});

it('arguments as most tools take them → plain; wrong ones, or what needs more → not', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      name: { type: 'string', description: 'whom' },
      count: { type: 'integer', minimum: 0, default: 1 },
      tags: { type: 'array', items: { type: 'string', maxLength: 3 } },
    },
    required: ['name'],
    additionalProperties: false,
  };
  expect(fitsPlainly(schema, { name: 'x', count: 2, tags: ['a', '😀😀😀'] })).toBe(true);
  expect(fitsPlainly(schema, { count: 2 })).toBe(false);
  expect(fitsPlainly(schema, { name: 'x', other: 1 })).toBe(false);
  expect(fitsPlainly(schema, { name: 'x', count: 1.5 })).toBe(false);
  expect(fitsPlainly({ type: 'string', pattern: '^(a+)+$' }, 'aaaa')).toBe(false);
  expect(fitsPlainly({ $ref: '#' }, 1)).toBe(false);
});
