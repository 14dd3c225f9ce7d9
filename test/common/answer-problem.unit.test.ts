// Proves which answers to a tool's questions are taken, and what the others are told.
import { describe, expect, it } from 'vitest';
import { answerProblem } from '../../common/answer-problem.ts';
import { answersOf } from '../../common/answers-of.ts';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import type { ToolQuestion } from '../../common/tool-question.ts';

function form(properties: JsonObject, required: readonly string[] = [], name = 'q'): ToolQuestion {
  return {
    ...{ name, mode: 'form', message: 'Well?' },
    schema: { type: 'object', properties, required },
  };
}
const link: ToolQuestion = { name: 'l', mode: 'url', message: 'Go.', url: 'https://a.example/' };

const COLOURS = { type: 'array', items: { enum: ['red', 'blue'] }, minItems: 1, maxItems: 2 };
const TITLED = { type: 'string', oneOf: [{ const: 'a', title: 'A' }] };

describe('answerProblem', () => {
  it.each<readonly [JsonObject, JsonValue]>([
    [{ type: 'string' }, ''],
    [{ type: 'string', minLength: 2, maxLength: 2 }, '👍👍'],
    [{ type: 'string', format: 'email' }, 'a@b'],
    [{ type: 'string', format: 'uri' }, 'mailto:a@b'],
    [{ type: 'string', format: 'date' }, '2026-02-28'],
    [{ type: 'string', format: 'date-time' }, '2026-02-28T10:00:00+01:00'],
    [{ type: 'string', enum: ['a', 'b'] }, 'b'],
    [TITLED, 'a'],
    [{ type: 'number', minimum: 0, maximum: 1 }, 0.5],
    [{ type: 'integer' }, -3],
    [{ type: 'boolean' }, false],
    [COLOURS, ['blue', 'red']],
    [{ type: 'array', items: { anyOf: [{ const: 'a', title: 'A' }] } }, []],
  ])('%j takes %j', (property, value) => {
    expect(answerProblem([form({ v: property }, ['v'])], { v: value })).toBeNull();
  });

  it.each<readonly [JsonObject, JsonValue, string]>([
    [{ type: 'string' }, 1, '"v" takes a text, and 1 is none.'],
    [{ type: 'string', minLength: 2 }, 'a', '"v" takes a text with 2 or more characters'],
    [{ type: 'string', maxLength: 1 }, 'ab', '"v" takes a text with 1 at most characters'],
    [{ type: 'string', format: 'email' }, 'a b@c', '"v" takes a text of the form email'],
    [{ type: 'string', format: 'uri' }, 'nowhere', '"v" takes a text of the form uri'],
    [{ type: 'string', format: 'date' }, '2026-13-01', '"v" takes a text of the form date'],
    [{ type: 'string', format: 'date-time' }, 'now', '"v" takes a text of the form date-time'],
    [{ type: 'string', enum: ['a', 'b'] }, 'c', '"v" takes one of a, b, and "c" is none.'],
    [TITLED, 'A', '"v" takes one of a, and "A" is none.'],
    [{ type: 'number', minimum: 0 }, -1, '"v" takes a number 0 or more, and -1 is none.'],
    [{ type: 'number' }, '1', '"v" takes a number, and "1" is none.'],
    [{ type: 'integer', minimum: 1, maximum: 9 }, 1.5, '"v" takes a whole number 1 to 9'],
    [{ type: 'boolean' }, 'true', '"v" takes true or false, and "true" is none.'],
    [COLOURS, [], '"v" takes a list of 1 to 2 of red, blue, and [] is none.'],
    [COLOURS, ['red', 'red'], '"v" takes a list of 1 to 2 of red, blue'],
    [COLOURS, 'red', '"v" takes a list of 1 to 2 of red, blue'],
    [{ type: 'string' }, null, '"v" takes a text, and null is none.'],
  ])('%j with %j → %s', (property, value, problem) => {
    expect(answerProblem([form({ v: property }, ['v'])], { v: value })).toContain(problem);
  });

  it('what is required is missing, unless it has a default; what was not asked for is there → said', () => {
    const asked = [form({ a: { type: 'string' }, b: { type: 'number', default: 1 } }, ['a', 'b'])];
    expect(answerProblem(asked, {})).toBe('"a" is missing.');
    expect(answerProblem(asked, { a: 'x' })).toBeNull();
    expect(answerProblem(asked, { a: 'x', c: 1 })).toBe('"c" was not asked for: a, b was.');
    expect(answerProblem(asked, JSON.parse('{"a": "x", "__proto__": 1}') as JsonObject)).toContain(
      '"__proto__" was not asked for',
    );
  });

  it('several questions → values under the name of each, one may be left out', () => {
    const asked = [form({ v: { type: 'number' } }, ['v'], 'one'), link];
    expect(answerProblem(asked, { one: { v: 1 } })).toBeNull();
    expect(answerProblem(asked, { one: { v: 1 }, l: {} })).toBeNull();
    expect(answerProblem(asked, { one: { v: 'x' } })).toContain('one: "v" takes a number');
    expect(answerProblem(asked, { one: 1 })).toContain('"one" takes an object of values');
    expect(answerProblem(asked, { two: {} })).toContain('the questions are one, l');
    expect(answerProblem(asked, { l: { v: 1 } })).toContain('A link is opened');
  });
});

describe('answersOf', () => {
  it('the only question → accepted with its defaults, or declined', () => {
    const asked = [form({ a: { type: 'string' }, b: { type: 'number', default: 0 } })];
    expect(answersOf(asked, { a: 'x' })).toEqual({
      q: { action: 'accept', content: { a: 'x', b: 0 } },
    });
    expect(answersOf(asked, { b: 2 })).toEqual({ q: { action: 'accept', content: { b: 2 } } });
    expect(answersOf(asked, null)).toEqual({ q: { action: 'decline' } });
  });

  it('several → what is left out is declined, also under a name that every object has', () => {
    const asked = [form({}, [], 'one'), link, form({}, [], '__proto__')];
    expect(Object.entries(answersOf(asked, { l: {} }))).toEqual([
      ['one', { action: 'decline' }],
      ['l', { action: 'accept' }],
      ['__proto__', { action: 'decline' }],
    ]);
  });
});
