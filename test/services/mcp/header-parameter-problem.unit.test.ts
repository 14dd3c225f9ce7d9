// Proves that tools which ask wrongly for arguments as HTTP headers are recognised, and others are
// left alone. Pure.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../common/json.ts';
import { headerParameterProblem } from '../../../services/mcp/header-parameter-problem.ts';

const asked = (name: unknown, type = 'string') => ({ type, 'x-mcp-header': name });
const withProperties = (properties: unknown): JsonObject =>
  ({ type: 'object', properties }) as unknown as JsonObject;

describe('headerParameterProblem', () => {
  it.each([
    ['no such wish', withProperties({ a: { type: 'string' } })],
    [
      'a text, a number, a truth value',
      withProperties({ a: asked('A'), b: asked('B', 'integer'), c: asked('C', 'boolean') }),
    ],
    ['inside an object', withProperties({ outer: withProperties({ a: asked('Region') }) })],
    ['an argument of that name', withProperties({ 'x-mcp-header': { type: 'string' } })],
    ['no schema to speak of', {}],
  ])('%s → fine', (_case, schema) => {
    expect(headerParameterProblem(schema)).toBeNull();
  });

  it.each([
    ['a line break in the name', withProperties({ a: asked('X\r\nEvil') }), /cannot be part/],
    ['an empty name', withProperties({ a: asked('') }), /cannot be part/],
    ['no name at all', withProperties({ a: asked(7) }), /cannot be part/],
    ['a list', withProperties({ a: asked('A', 'array') }), /type "array"/],
    ['a fraction', withProperties({ a: asked('A', 'number') }), /type "number"/],
    ['the same twice', withProperties({ a: asked('Region'), b: asked('region') }), /twice/],
    [
      'in the entries of a list',
      withProperties({ a: { type: 'array', items: asked('A') } }),
      /no single argument/,
    ],
    [
      'in an alternative',
      { anyOf: [withProperties({ a: asked('A') })] } as unknown as JsonObject,
      /no single argument/,
    ],
    [
      'in a definition',
      { $defs: { d: asked('A') } } as unknown as JsonObject,
      /no single argument/,
    ],
    ['on the whole', asked('A', 'object') as unknown as JsonObject, /no single argument/],
  ])('%s → a problem', (_case, schema, problem) => {
    expect(headerParameterProblem(schema)).toMatch(problem);
  });
});
