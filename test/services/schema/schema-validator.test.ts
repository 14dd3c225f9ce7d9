// Proves that values are judged as JSON Schema says, in words that name path and value; and that a
// schema which hangs, eats memory or refers elsewhere is refused while the main loop stays free and
// everyone else's validations still get their answer. The thread is the real one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../common/json.ts';
import type { SchemaProblem } from '../../../services/schema/schema-problem.ts';
import { describeProblems } from '../../../services/schema/schema-problem.ts';
import type { SchemaValidator } from '../../../services/schema/schema-validator.ts';
import { createSchemaValidator } from '../../../services/schema/schema-validator.ts';

const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';
const NAME: JsonObject = {
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
};
const HANGING_PATTERN: JsonObject = { type: 'string', pattern: '^(a+)+$' };
const ENDLESS = `${'a'.repeat(40)}!`;

let validator: SchemaValidator;
beforeAll(() => {
  validator = createSchemaValidator();
});
afterAll(() => validator.close());

async function problemsOf(schema: JsonObject, value: JsonValue): Promise<readonly SchemaProblem[]> {
  return validator.validate(schema, value);
}

/** Every branch of each level is tried again for each branch of the next: 2^depth in all. */
function anyOfBomb(depth: number): { schema: JsonObject; value: JsonValue } {
  const child: JsonObject = { type: 'object', properties: { c: { $ref: '#/$defs/n' } } };
  const leaf: JsonObject = { const: 'never' };
  let value: JsonValue = 'leaf';
  for (let level = 0; level < depth; level += 1) value = { c: value };
  return {
    schema: {
      $ref: '#/$defs/n',
      $defs: {
        n: {
          anyOf: [leaf, child, child, leaf].map((each) => ({
            allOf: [each, { $ref: '#/$defs/m' }],
          })),
        },
        m: { type: 'object', required: ['x'], properties: { c: { $ref: '#/$defs/n' } } },
      },
    },
    value,
  };
}

/**
 * Longest time that this thread computed at a stretch while `work` ran, ms. In processor time: what
 * else the machine does is not the validator's.
 */
async function lagOf(work: () => Promise<unknown>): Promise<number> {
  let last = process.threadCpuUsage();
  let lag = 0;
  const tick = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    lag = Math.max(lag, (user + system) / 1000);
  }, 5);
  try {
    await work();
  } finally {
    clearInterval(tick);
  }
  return lag;
}

describe('validate: verdicts', () => {
  it('valid value → no problem', async () => {
    expect(await problemsOf(NAME, { name: 'x', other: 1 })).toEqual([]);
  });

  it.each<[string, JsonObject, JsonValue, Partial<SchemaProblem>]>([
    ['missing field', NAME, {}, { path: 'name', message: 'is required (a string) but missing' }],
    ['inherited name', { required: ['toString'] }, {}, { path: 'toString' }],
    ['wrong type', NAME, { name: 5 }, { path: 'name', message: 'must be a string', received: '5' }],
    [
      'several types',
      { type: ['string', 'null'] },
      5,
      { path: '', message: 'must be a string or null' },
    ],
    [
      'value of no enum',
      { properties: { mode: { enum: ['fast', 'safe'] } } },
      { mode: 'slow' },
      { path: 'mode', message: 'must be one of "fast", "safe"', received: '"slow"' },
    ],
    [
      'unknown field',
      { properties: { path: {} }, additionalProperties: false },
      { pth: 'a' },
      { path: 'pth', message: 'is not known; known are path', received: '"a"' },
    ],
    [
      'deep in a list',
      { properties: { items: { items: NAME } } },
      { items: [{ name: 'x' }, { name: null }] },
      { path: 'items[1].name', received: 'null' },
    ],
    [
      'field with an odd name',
      { properties: { 'a.b': { minimum: 3 } } },
      { 'a.b': 2 },
      { path: '["a.b"]', message: 'must be >= 3' },
    ],
    [
      'no choice fits',
      { anyOf: [{ type: 'string' }, NAME] },
      { name: 1 },
      {
        path: '',
        message: `must fit one of the schema's choices: must be a string, or "name" must be a string`,
      },
    ],
    ['two of one fit', { oneOf: [{ type: 'number' }, { minimum: 1 }] }, 5, { path: '' }],
    ['too short', { minLength: 3 }, 'ab', { message: 'must have at least 3 characters' }],
    ['pattern', { pattern: '^[a-z]+$' }, 'A', { message: 'must match the pattern "^[a-z]+$"' }],
    ['pattern of the laxer syntax', { pattern: '^[\\w-.]+$' }, 'a b', { path: '' }],
    ['known format', { format: 'date-time' }, 'tomorrow', { message: 'must be a date-time' }],
    ['day that is none', { format: 'date' }, '2026-02-30', { message: 'must be a date' }],
    [
      'item of a 2020-12 tuple',
      { $schema: DRAFT_2020, prefixItems: [{ type: 'string' }] },
      [1],
      { path: '[0]' },
    ],
    [
      'item of a draft-07 tuple',
      { $schema: DRAFT_07, items: [{ type: 'string' }], additionalItems: false },
      [1],
      { path: '[0]' },
    ],
    ['tuple of a draft not named', { items: [{ type: 'string' }] }, [1], { path: '[0]' }],
    [
      'unevaluated field',
      { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
      { b: 1 },
      { path: 'b' },
    ],
    ['asynchronous schema', { $async: true, type: 'string' }, 5, { message: 'must be a string' }],
  ])('%s → problem with path and words', async (_, schema, value, expected) => {
    const problems = await problemsOf(schema, value);
    expect(problems[0]).toMatchObject({ fault: 'value', ...expected });
  });

  it('unknown format, keyword or draft → taken as remarks', async () => {
    expect(await problemsOf({ format: 'phone-number' }, 'x')).toEqual([]);
    expect(await problemsOf({ 'x-vendor': 1, type: 'number' }, 1)).toEqual([]);
    expect(await problemsOf({ $schema: 'urn:own', type: 'number' }, 1)).toEqual([]);
    expect(await problemsOf({ $schema: DRAFT_07.replace('7', '4'), type: 'number' }, 1)).toEqual(
      [],
    );
  });

  it('accepted formats → no problem', async () => {
    for (const [format, text] of [
      ['date-time', '2026-11-24T03:16:00.5Z'],
      ['date', '2028-02-29'],
      ['time', '23:59:60+01:00'],
      ['uri', 'file:///tmp/a'],
      ['email', 'a@b'],
      ['uuid', '123e4567-e89b-12d3-a456-426614174000'],
      ['ipv4', '10.0.0.1'],
      ['ipv6', '::1'],
    ] as const) {
      expect(await problemsOf({ format }, text)).toEqual([]);
      expect(await problemsOf({ format }, 'no such thing')).toHaveLength(1);
    }
  });

  it('many problems → ten at most, said in one text', async () => {
    const schema = { items: { type: 'string' } };
    const problems = await problemsOf(
      schema,
      Array.from({ length: 500 }, (_, at) => at),
    );
    expect(problems).toHaveLength(10);
    expect(describeProblems(problems)).toBe(
      [0, 1, 2, 3, 4].map((at) => `"[${at}]" must be a string (received ${at}).`).join(' ') +
        ' 5 more.',
    );
  });

  it('same $id in two schemas → each is judged by its own', async () => {
    const schema = (type: string) => ({
      $id: 'https://x/y',
      $defs: { a: { $id: 'a', type } },
      $ref: 'a',
    });
    expect(await problemsOf(schema('string'), 'x')).toEqual([]);
    expect(await problemsOf(schema('number'), 'x')).toHaveLength(1);
    const [stranger] = await problemsOf({ $ref: 'https://x/a' }, 'x');
    expect(stranger?.fault).toBe('schema');
  });
});

describe('validate: schemas that are refused', () => {
  it.each<[string, JsonObject, RegExp]>([
    [
      'reference to another document',
      { $ref: 'http://127.0.0.1:1/s.json' },
      /can't resolve reference/,
    ],
    ['reference to nothing', { $ref: '#/$defs/none' }, /can't resolve reference/],
    ['no such type', { type: 'strin' }, /type/],
    ['pattern that is none', { pattern: '(' }, /[Rr]egular expression/],
  ])('%s → refused with the reason', async (_, schema, why) => {
    const [problem] = await problemsOf(schema, 'x');
    expect(problem).toMatchObject({ fault: 'schema', path: '' });
    expect(problem?.message).toMatch(why);
    expect(problem?.message).toMatch(/^The schema was refused: /);
  });

  it('nested too deep or too large → refused without a try, schema and value alike', async () => {
    let deep: JsonObject = {};
    for (let level = 0; level < 10_000; level += 1) deep = { not: deep };
    const wide: JsonObject = { enum: Array.from({ length: 50_000 }, (_, at) => at) };
    const long: JsonObject = { const: 'x'.repeat(600_000) };
    expect((await problemsOf(deep, 1))[0]?.message).toContain('nested more than 64 deep');
    expect((await problemsOf(wide, 1))[0]?.message).toContain('more than 20000 parts');
    expect((await problemsOf(long, 1))[0]?.message).toContain('more than 512000 characters');
    expect(await problemsOf({}, deep)).toMatchObject([{ fault: 'value', path: '' }]);
  });

  it('pattern that backtracks for ever → refused, main loop free, the others are answered', async () => {
    let answers: readonly (readonly SchemaProblem[])[] = [];
    const lag = await lagOf(async () => {
      answers = await Promise.all([
        problemsOf(HANGING_PATTERN, ENDLESS),
        ...Array.from({ length: 20 }, (_, at) => problemsOf(NAME, at % 2 ? {} : { name: 'x' })),
      ]);
    });
    expect(answers[0]).toMatchObject([{ fault: 'schema', path: '' }]);
    expect(answers[0]?.[0]?.message).toContain('more than 250 ms');
    expect(answers.slice(1).map(({ length }) => length)).toEqual(
      Array.from({ length: 20 }, (_, at) => at % 2),
    );
    expect(lag).toBeLessThan(50);
  });

  it('anyOf that doubles at each level → refused, main loop free', async () => {
    const { schema, value } = anyOfBomb(24);
    let problems: readonly SchemaProblem[] = [];
    const lag = await lagOf(async () => (problems = await problemsOf(schema, value)));
    expect(problems).toMatchObject([{ fault: 'schema' }]);
    expect(problems[0]?.message).toContain('refused');
    expect(lag).toBeLessThan(50);
    expect(await problemsOf(NAME, { name: 'x' })).toEqual([]);
  });

  it('uniqueItems on a long list of objects → refused or judged, main loop free', async () => {
    const items = Array.from({ length: 20_000 }, (_, at) => ({ at, of: { all: 'the same' } }));
    const lag = await lagOf(() => problemsOf({ uniqueItems: true }, items));
    expect(lag).toBeLessThan(50);
    expect(await problemsOf(NAME, {})).toHaveLength(1);
  });

  it('smaller budget → refused by it', async () => {
    const problems = await validator.validate({ pattern: '^(b+)+$' }, `${'b'.repeat(40)}!`, {
      budgetMs: 40,
    });
    expect(problems[0]?.message).toContain('more than 40 ms');
  });

  it('schema that hung three times → refused at once, other schemas are judged', async () => {
    const schema: JsonObject = { pattern: '^(c+)+$' };
    const hang = () => validator.validate(schema, `${'c'.repeat(40)}!`, { budgetMs: 20 });
    for (let strike = 0; strike < 3; strike += 1) await hang();
    expect((await hang())[0]?.message).toContain('is not tried for now');
    expect(await problemsOf({ pattern: '^c+$' }, 'ccc')).toEqual([]);
  });
});

describe('validate: life of the thread', () => {
  it('a thousand small validations, warm → median under 0.3 ms', async () => {
    await problemsOf(NAME, { name: 'x' });
    const times: number[] = [];
    for (let run = 0; run < 1_000; run += 1) {
      const started = performance.now();
      await problemsOf(NAME, { name: 'x' });
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    expect(times[500]).toBeLessThan(0.3);
  });

  it('closed → waiting and later validations fail, the thread is gone', async () => {
    const workersBefore = threads();
    const own = createSchemaValidator();
    await own.validate(NAME, {});
    expect(threads()).toBe(workersBefore + 1);
    const waiting = [own.validate(HANGING_PATTERN, ENDLESS), own.validate(NAME, {})].map((each) =>
      expect(each).rejects.toMatchObject({ type: 'Unavailable' }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    await own.close();
    await Promise.all(waiting);
    await expect(own.validate(NAME, {})).rejects.toMatchObject({ type: 'Unavailable' });
    expect(threads()).toBe(workersBefore);
  });

  it('never used → no thread', async () => {
    const workersBefore = threads();
    const own = createSchemaValidator();
    expect(threads()).toBe(workersBefore);
    await own.close();
  });
});

function threads(): number {
  const report = process.report.getReport() as unknown as { workers: readonly unknown[] };
  return report.workers.length;
}
