// Proves that every kind of fault in a written plan is found and named with step, field, received
// value and remedy, and that a sound plan comes out with what the registry knows. The tools are
// handmade; the validator is ajv behind the SchemaValidator contract.
import { describe, expect, it } from 'vitest';
import { check, problemsOf, one } from './support/checked-plans.ts';

describe('a sound plan', () => {
  it('references, after, model name → tool id, effect, fingerprint, title and timeout filled in', async () => {
    const checked = await check({
      steps: [
        { id: 'read', tool: 'files__read_file', args: { path: 'a.md' } },
        {
          id: 'count',
          tool: 'text/count',
          args: { text: '${read.content}', tags: ['${read.$text}', 'x'], opts: { deep: true } },
          after: ['read'],
          onFailure: 'skip-dependents',
          title: 'Count it',
          timeoutMs: 5,
        },
      ],
    });
    expect('plan' in checked && { plan: checked.plan }).toEqual({
      plan: {
        steps: [
          {
            id: 'read',
            tool: 'files/read_file',
            args: { path: { kind: 'literal', value: 'a.md' } },
            after: [],
            onFailure: 'abort',
            effect: 'read',
            fingerprint: 'print-of-files/read_file',
            timeoutMs: 30_000,
            title: 'Read File',
          },
          expect.objectContaining({
            tool: 'text/count',
            title: 'Count it',
            timeoutMs: 5,
            onFailure: 'skip-dependents',
            effect: 'non-idempotent',
          }),
        ],
      },
    });
  });

  it('reference into an output that has no schema → left for the run', async () => {
    const plan = one({ args: { text: '${b.deep[0].name}' } });
    const checked = await check({
      steps: [...plan.steps, { id: 'b', tool: 'text/count', args: { text: 'x' } }],
    });
    expect(checked).toHaveProperty('plan');
  });
});

describe('a faulty plan', () => {
  const cases: [string, unknown, string, string | null, string | null, string[]][] = [
    ['no object', 'read it', 'malformed', null, null, ['"read it"']],
    ['no steps', { steps: [] }, 'empty', null, 'steps', ['no steps']],
    [
      'unknown field of the plan',
      { steps: [], stepz: 1 },
      'unknown-field',
      null,
      'stepz',
      ['"steps"'],
    ],
    [
      'unknown field of a step',
      { steps: [{ id: 'a', tool: 't', arguments: {} }] },
      'unknown-field',
      'a',
      'arguments',
      ['args', 'onFailure'],
    ],
    ['field of a wrong type', one({ after: 'b' }), 'malformed', 'a', 'after', ['"b"']],
    [
      'unknown failure policy',
      one({ onFailure: 'retry' }),
      'malformed',
      'a',
      'onFailure',
      ['"retry"', 'abort'],
    ],
    ['timeout of zero', one({ timeoutMs: 0 }), 'malformed', 'a', 'timeoutMs', ['0']],
    ['step without id', { steps: [{ tool: 't' }] }, 'malformed', '#1', 'id', ['nothing']],
    ['bad id', one({ id: '1st step' }), 'bad-id', '1st step', 'id', ['begin with a letter']],
    [
      'unknown tool',
      one({ tool: 'text/cuont' }),
      'unknown-tool',
      'a',
      'tool',
      ['text/cuont', 'text/count'],
    ],
    [
      'tool without its server',
      one({ tool: 'read_file' }),
      'unknown-tool',
      'a',
      'tool',
      ['files/read_file'],
    ],
    [
      'disabled tool',
      one({ tool: 'text/off', args: {} }),
      'disabled-tool',
      'a',
      'tool',
      ['switched off'],
    ],
    [
      'changed tool',
      one({ tool: 'text/changed', args: {} }),
      'changed-tool',
      'a',
      'tool',
      ['approved'],
    ],
    [
      'tool that is gone',
      one({ tool: 'text/gone', args: {} }),
      'unknown-tool',
      'a',
      'tool',
      ['no longer'],
    ],
    [
      'reference to a missing step',
      one({ args: { text: '${raed.content}' } }),
      'unknown-step',
      'a',
      'args.text',
      ['raed', 'not in the plan'],
    ],
    ['after a missing step', one({ after: ['ghost'] }), 'unknown-step', 'a', 'after[0]', ['ghost']],
    [
      'reference to itself',
      one({ args: { text: 'a ${a.$text}' } }),
      'self-reference',
      'a',
      'args.text',
      ['itself'],
    ],
    ['after itself', one({ after: ['a'] }), 'self-reference', 'a', 'after[0]', ['itself']],
    [
      'missing argument',
      one({ args: {} }),
      'missing-argument',
      'a',
      'args.text',
      ['Text to count', 'a string'],
    ],
    [
      'misspelt argument',
      one({ args: { text: 'x', limits: 1 } }),
      'unknown-argument',
      'a',
      'args.limits',
      ['"limit"'],
    ],
    [
      'ill-typed literal',
      one({ args: { text: 7 } }),
      'bad-argument',
      'a',
      'args.text',
      ['7', 'string'],
    ],
    [
      'value outside an enum',
      one({ args: { text: 'x', unit: 'pages' } }),
      'bad-argument',
      'a',
      'args.unit',
      ['"pages"'],
    ],
    [
      'missing field behind a $ref',
      one({ args: { text: 'x', opts: {} } }),
      'bad-argument',
      'a',
      'args.opts',
      ['deep'],
    ],
  ];
  it.each(cases)('%s → found, named, with a remedy', async (_, plan, kind, step, field, words) => {
    const problems = await problemsOf(plan);
    const found = problems.find((problem) => problem.kind === kind && problem.field === field);
    expect(problems).toContainEqual(expect.objectContaining({ kind, step, field }));
    for (const word of words) expect(found?.message).toContain(word);
    if (step !== null) expect(found?.message).toContain(step);
  });

  it('two steps with one id → named once', async () => {
    const { steps } = one({});
    const problems = await problemsOf({ steps: [...steps, ...steps] });
    expect(problems.map(({ kind }) => kind)).toEqual(['duplicate-id']);
  });

  it('more steps than allowed → both numbers named', async () => {
    const steps = ['a', 'b', 'c'].map((id) => ({ ...one({}).steps[0], id }));
    const [problem] = await problemsOf({ steps }, { maxSteps: 2 });
    expect(problem).toMatchObject({ kind: 'too-many-steps', field: 'steps' });
    expect(problem?.message).toMatch(/3 .* 2/);
  });

  it('id of an earlier plan of the run → refused', async () => {
    const problems = await problemsOf(one({}), { usedStepIds: ['a' as never] });
    expect(problems).toMatchObject([{ kind: 'used-id', step: 'a' }]);
  });

  it('cycle → named in order', async () => {
    const step = (id: string, args: object, after: string[] = []) => ({
      id,
      tool: 'text/count',
      args,
      after,
    });
    const problems = await problemsOf({
      steps: [
        step('a', { text: '${b.$text}' }),
        step('b', { text: 'x' }, ['c']),
        step('c', { text: '${a.$text}' }),
        step('free', { text: 'x' }, ['a']),
      ],
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ kind: 'cycle', step: 'a' });
    expect(problems[0]?.message).toContain('a → b → c → a');
  });

  const pair = (args: object) => ({
    steps: [
      { id: 'r', tool: 'files/read_file', args: { path: 'x' } },
      { id: 'c', tool: 'text/count', args },
      { id: 'd', tool: 'text/count', args: { text: 'x' } },
    ],
  });
  const references: [string, object, string, string, string[]][] = [
    ['malformed path', { text: '${r.content[}' }, 'bad-reference', 'args.text', ['no valid path']],
    ['field of the text', { text: '${r.$text.length}' }, 'bad-reference', 'args.text', ['$text']],
    [
      'field that the output forbids',
      { text: '${r.contents}' },
      'no-such-output',
      'args.text',
      ['content'],
    ],
    [
      'field of a text',
      { text: '${r.content.first}' },
      'no-such-output',
      'args.text',
      ['no fields'],
    ],
    [
      'number where a text is due',
      { text: '${d.total}' },
      'bad-argument',
      'args.text',
      ['integer', 'string'],
    ],
    ['whole object where a text is due', { text: '${r}' }, 'bad-argument', 'args.text', ['object']],
    [
      'template where a number is due',
      { text: 'x', limit: 'about ${d.total}' },
      'bad-argument',
      'args.limit',
      ['text'],
    ],
    [
      'list of numbers where texts are due',
      { text: 'x', tags: ['a', '${d.total}'] },
      'bad-argument',
      'args.tags[1]',
      [],
    ],
    [
      'literal beside a reference',
      { text: '${r.content}', limit: 'x' },
      'bad-argument',
      'args.limit',
      ['"x"'],
    ],
  ];
  it.each(references)('reference: %s → found', async (_, args, kind, field, words) => {
    const problems = await problemsOf(pair(args));
    expect(problems).toMatchObject([{ kind, step: 'c', field }]);
    for (const word of words) expect(problems[0]?.message).toContain(word);
  });

  it('several faults in several steps → all reported at once', async () => {
    const problems = await problemsOf({
      steps: [
        { id: 'a', tool: 'nope', args: { text: '${ghost}' } },
        { id: 'b', tool: 'text/count', args: { text: 1, limit: '2' } },
      ],
    });
    expect(problems.map(({ kind }) => kind).sort()).toEqual(
      ['bad-argument', 'bad-argument', 'unknown-step', 'unknown-tool'].sort(),
    );
  });
});
