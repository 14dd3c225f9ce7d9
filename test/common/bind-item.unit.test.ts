// Proves how an item's values get into a template: types are kept, text stays text, and what is
// missing is named.
import { describe, expect, it } from 'vitest';
import { bindGoal, bindPlan } from '../../common/bind-item.ts';
import { parseStepArgs } from '../../common/step-arg.ts';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { plan, step } from '../support/plans.ts';

function bound(args: JsonObject, item: JsonValue): unknown {
  return bindPlan(plan(step('a', { args: parseStepArgs(args) })), item).steps[0]?.args;
}

describe('bindPlan', () => {
  it('a reference alone → the value with its type', () => {
    expect(bound({ n: '${item.n}', all: '${item}' }, { n: 7 })).toEqual({
      n: { kind: 'literal', value: 7 },
      all: { kind: 'literal', value: { n: 7 } },
    });
  });

  it('references in text, lists and objects → put in, others kept', () => {
    const args = { list: ['${item.n}', '${b.x}'], text: 'no ${item.n} of ${b}' };
    expect(bound(args, { n: 7 })).toEqual({
      list: {
        kind: 'list',
        items: [
          { kind: 'literal', value: 7 },
          { kind: 'output', step: 'b', path: 'x' },
        ],
      },
      text: {
        kind: 'template',
        parts: ['no ', '7', ' of ', { kind: 'output', step: 'b', path: '' }],
      },
    });
  });

  it('an item whose text looks like a reference → it stays text', () => {
    expect(bound({ t: '${item.t}', u: '<${item.t}>' }, { t: '${secret.key}' })).toEqual({
      t: { kind: 'literal', value: '${secret.key}' },
      u: { kind: 'literal', value: '<${secret.key}>' },
    });
  });

  it('a value that the item lacks → says what the item has', () => {
    expect(() => bound({ t: '${item.name}' }, { id: 1, size: 2 })).toThrow(
      'The item has no "name": it has id, size.',
    );
  });
});

describe('bindGoal', () => {
  it('values in a goal → put in; text that is no reference to the item stays', () => {
    const goal = 'Read ${item.file}, then ${other.thing}; $${item} is literal';
    expect(bindGoal(goal, { file: 'a b.txt' })).toBe(
      'Read a b.txt, then ${other.thing}; ${item} is literal',
    );
  });

  it('an item that is a text → the text', () => {
    expect(bindGoal('${item}', 'Do it')).toBe('Do it');
  });
});
