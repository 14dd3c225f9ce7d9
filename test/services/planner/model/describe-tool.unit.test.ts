// Proves that a tool is shown whole where it fits, and within a bound where its schema is made to be
// large: wide, deep, with long texts or choices.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../common/json.ts';
import { describeTool } from '../../../../services/planner/model/describe-tool.ts';

const MAX_CHARS = 4_500;

function shown(inputSchema: JsonObject, description = 'Does it.'): string {
  return describeTool({ modelName: 'files_read', description, inputSchema, outputSchema: null });
}

const object = (properties: JsonObject): JsonObject => ({ type: 'object', properties });

function wide(fields: number, field: (at: number) => JsonObject): JsonObject {
  const names = Array.from({ length: fields }, (_, at) => [`field_${at}`, field(at)]);
  return object(Object.fromEntries(names) as JsonObject);
}

describe('describeTool', () => {
  it('small schema → all of it, with types, choices and what each is for', () => {
    const schema = object({
      path: { type: 'string', description: 'Where it lies.' },
      mode: { enum: ['text', 'bytes'] },
      range: object({ from: { type: 'integer' } }),
    });
    expect(shown({ ...schema, required: ['path'] })).toBe(
      '- files_read(path: string /* Where it lies. */, mode?: "text" | "bytes", range?: {from?: integer})\n  Does it.',
    );
  });

  it.each([
    ['2,000 parameters', wide(2_000, () => ({ type: 'string', description: 'x'.repeat(500) }))],
    [
      'thirty by thirty by thirty',
      wide(30, () => wide(30, () => wide(30, () => ({ type: 'string' })))),
    ],
    ['choices of 100 kB each', object({ a: { enum: ['x'.repeat(100_000), 'y'.repeat(100_000)] } })],
    ['a name of 1 MB', object({ ['n'.repeat(1_000_000)]: { type: 'string' } })],
  ])('%s → cut to a bound, the name stays', (_case, schema) => {
    const text = shown(schema, 'y'.repeat(5_000_000));
    expect(text.length).toBeLessThan(MAX_CHARS);
    expect(text.startsWith('- files_read(')).toBe(true);
  });

  it('too large → the inner levels go first, the outer names stay', () => {
    const schema = wide(20, () => wide(30, () => wide(30, () => ({ type: 'string' }))));
    expect(shown(schema)).toContain('field_19?: object');
  });
});
