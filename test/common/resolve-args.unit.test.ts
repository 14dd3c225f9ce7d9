// Proves how results get into arguments: types kept, templates filled, artifacts left as
// placeholders that the activity fills with the same values.
import { describe, expect, it } from 'vitest';
import { artifactIdsIn, fillArtifacts } from '../../common/artifact-values.ts';
import type { StepId } from '../../common/plan.ts';
import { resolveArgs, UnresolvedReference } from '../../common/resolve-args.ts';
import { parseStepArgs } from '../../common/step-arg.ts';
import type { ToolResult } from '../../common/tool.ts';
import { textResult } from '../support/plans.ts';

const structured: ToolResult = { ...textResult('shown'), structured: { n: 7, list: ['a', 'b'] } };
const held: ToolResult = {
  ...textResult('the beginning…'),
  artifact: { artifactId: 'sha-1', mediaType: 'application/json', bytes: 99_999, sha256: 'x' },
};

function resolve(args: Parameters<typeof parseStepArgs>[0], result: ToolResult) {
  return resolveArgs(parseStepArgs(args), new Map([['s' as StepId, result]]));
}

describe('resolveArgs', () => {
  it('structured answer → values with their types', () => {
    expect(resolve({ n: '${s.n}', all: ['${s.list[1]}'], o: { x: '${s}' } }, structured)).toEqual({
      n: 7,
      all: ['b'],
      o: { x: { n: 7, list: ['a', 'b'] } },
    });
  });

  it('$text → the text, also where there is a structured answer', () => {
    expect(resolve({ t: '${s.$text}' }, structured)).toEqual({ t: 'shown' });
  });

  it('text that is a JSON object → its fields', () => {
    expect(resolve({ v: '${s.a.b}' }, textResult('{"a":{"b":[1]}}'))).toEqual({ v: [1] });
  });

  it('text that is no JSON → the text itself', () => {
    expect(resolve({ v: '${s}', w: 'is ${s}' }, textResult('{oops'))).toEqual({
      v: '{oops',
      w: 'is {oops',
    });
  });

  it('a template with a value that is no text → JSON in the text', () => {
    expect(resolve({ t: 'list: ${s.list}' }, structured)).toEqual({ t: 'list: ["a","b"]' });
  });

  it('a field that is not there → says what is there', () => {
    expect(() => resolve({ v: '${s.m}' }, structured)).toThrow(UnresolvedReference);
    expect(() => resolve({ v: '${s.m}' }, structured)).toThrow(/n, list/);
  });

  it('a result that is an artifact → a placeholder, filled later with the same value', () => {
    const args = resolve({ v: '${s.n}', t: 'n is ${s.n}.' }, held);
    expect(args).toEqual({
      v: { $artifact: 'sha-1', path: 'n' },
      t: { $concat: ['n is ', { $artifact: 'sha-1', path: 'n' }, '.'] },
    });
    expect(artifactIdsIn(args)).toEqual(['sha-1']);
    const whole = new Map([['sha-1', { content: [], structured: { n: 7 } }]]);
    expect(fillArtifacts(args, whole)).toEqual({ v: 7, t: 'n is 7.' });
  });
});
