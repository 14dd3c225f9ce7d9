// Proves what the offline planner makes of goals over a few handmade tools: steps, references, order
// and parallelism, questions instead of guesses, and an answer that says only what the results say.
// The index knows words only; the goals over real tools are in offline-goals.test.ts.
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { PlanGoalInput } from '../../../common/agent.ts';
import type { JsonObject } from '../../../common/json.ts';
import type { StepId } from '../../../common/plan.ts';
import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import { createOfflinePlanner } from '../../../services/planner/offline-planner.ts';
import { ajvValidator } from './support/ajv-validator.ts';
import { memoryConversations } from './support/conversations.ts';
import { goalInput, observation } from './support/goal-input.ts';
import { lexicalIndex } from './support/lexical-index.ts';
import { planLines } from './support/plan-lines.ts';
import { fixedRegistry, registeredTool } from './support/tools.ts';

const tool = (
  id: string,
  description: string,
  properties: JsonObject,
  required: string[],
  output?: JsonObject,
) =>
  registeredTool(id, {
    description,
    inputSchema: { type: 'object', properties, required },
    ...(output === undefined ? {} : { outputSchema: { type: 'object', properties: output } }),
  });
const text = { type: 'string' };
const number = { type: 'number' };
const tools = [
  tool('files/read_file', 'Reads a text file', { path: text, head: number }, ['path'], {
    content: text,
  }),
  tool('files/write_file', 'Writes text into a file', { path: text, content: text }, [
    'path',
    'content',
  ]),
  tool('files/delete_file', 'Deletes a file', { path: text }, ['path']),
  tool('maths/add', 'Adds two numbers', { a: number, b: number }, ['a', 'b'], {
    sum: number,
    note: text,
  }),
  tool(
    'notes/create_note',
    'Creates a note with a title',
    { title: text, content: text, tags: { type: 'array', items: text } },
    ['title', 'content'],
  ),
  tool('notes/list_notes', 'Lists all notes', {}, []),
  tool(
    'lights/set_light',
    'Sets the colour of a light',
    { colour: { enum: ['red', 'green'] }, dimmed: { type: 'boolean' } },
    ['colour'],
  ),
];

function setUp(rules: readonly CompositionRule[] = []) {
  const conversations = memoryConversations();
  const planner = createOfflinePlanner({
    conversations,
    index: lexicalIndex(tools),
    registry: fixedRegistry(tools),
    validator: ajvValidator(),
    rules: { active: () => Promise.resolve(rules) },
    log: pino({ level: 'silent' }),
  });
  const decide = (goal: string, changes: Partial<PlanGoalInput> = {}) =>
    planner.decide(goalInput(goal, changes), new AbortController().signal);
  return { decide, conversations };
}

const { decide } = setUp();
const plan = async (goal: string, changes: Partial<PlanGoalInput> = {}) =>
  planLines(await setUp().decide(goal, changes));
const question = async (goal: string) => {
  const decision = await setUp().decide(goal);
  return decision.kind === 'needs-input' ? decision.question : `no question, but ${decision.kind}`;
};

describe('plans', () => {
  it('two files in one clause → two steps that wait for nothing', async () => {
    expect(await plan('Read a.md and b.md')).toEqual([
      'read_file: files/read_file {"path":"a.md"}',
      'read_file_2: files/read_file {"path":"b.md"}',
    ]);
  });

  it('"its content" → a reference by the output schema; "then" adds no edge that is there already', async () => {
    expect(await plan('Read a.md, then write its content to b.md')).toEqual([
      'read_file: files/read_file {"path":"a.md"}',
      'write_file: files/write_file {"path":"b.md","content":"${read_file.content}"}',
    ]);
  });

  it('a number asked of a step with one number → that field, typed', async () => {
    expect(await plan('Add 1 and 2. Then add the sum and 4.')).toEqual([
      'add: maths/add {"a":1,"b":2}',
      'add_2: maths/add {"a":4,"b":"${add.sum}"}',
    ]);
  });

  it('a change and a later look at the same thing → in order, without an ordering word', async () => {
    expect(await plan('Write "x" to a.md and read a.md')).toEqual([
      'write_file: files/write_file {"path":"a.md","content":"x"}',
      'read_file: files/read_file {"path":"a.md"} after write_file',
    ]);
  });

  it('unrelated clauses → no edges; "finally" → after what nothing waits for', async () => {
    expect(await plan('Read a.md; add 1 and 2. Finally list the notes')).toEqual([
      'read_file: files/read_file {"path":"a.md"}',
      'add: maths/add {"a":1,"b":2}',
      'list_notes: notes/list_notes {} after read_file,add',
    ]);
  });

  it('a tool named by its id → that tool, and its id is the value of nothing', async () => {
    expect(await plan('Read "a.md" with files/read_file')).toEqual([
      'read_file: files/read_file {"path":"a.md"}',
    ]);
    expect(await plan('Use notes/list_notes')).toEqual(['list_notes: notes/list_notes {}']);
  });

  it('key: value, lists and choices → where the schema wants them', async () => {
    expect(
      await plan('Create a note with title: Plan, content: "do it", tags "a" and "b"'),
    ).toEqual([
      'create_note: notes/create_note {"title":"Plan","content":"do it","tags":["a","b"]}',
    ]);
    expect(await plan('Set the light to green')).toEqual([
      'set_light: lights/set_light {"colour":"green"}',
    ]);
  });

  it('a text is asked for and a file is named → the file is read first', async () => {
    expect(await plan('Create a note titled "Read me" with the content of a.md')).toEqual([
      'read_file: files/read_file {"path":"a.md"}',
      'create_note: notes/create_note {"title":"Read me","content":"${read_file.content}"}',
    ]);
  });

  it('"each" → one call for every result of the clause before', async () => {
    expect(
      await plan('Read a.md and b.md, then create a note titled "N" with the content of each'),
    ).toEqual([
      'read_file: files/read_file {"path":"a.md"}',
      'read_file_2: files/read_file {"path":"b.md"}',
      'create_note: notes/create_note {"title":"N","content":"${read_file.content}"}',
      'create_note_2: notes/create_note {"title":"N","content":"${read_file_2.content}"}',
    ]);
  });

  it('"tell me the result" → no step', async () => {
    expect(await plan('Add 1 and 2 and tell me the result')).toEqual([
      'add: maths/add {"a":1,"b":2}',
    ]);
  });

  it('ids used before → new ones; every step goes on without a failed one', async () => {
    const decision = await setUp().decide('Add 1 and 2', { usedStepIds: ['add' as StepId] });
    expect(decision).toMatchObject({
      kind: 'plan',
      planner: { kind: 'offline', provider: null, model: null },
      plan: { steps: [{ id: 'add_2', onFailure: 'skip-dependents', title: 'Add 1 and 2' }] },
      usage: { inputTokens: 0, costUsd: 0 },
    });
    expect(decision.toolsConsidered).toContain('maths/add');
  });
});

describe('questions instead of guesses', () => {
  it.each([
    ['no value for an argument', 'Add 5', ['maths/add', '`b` (number)', '“Add 5”']],
    ['nothing fits', 'Book a flight to Paris', ['no registered tool fits']],
    ['a verb that needs judgement', 'Summarise a.md', ['no registered tool fits']],
    [
      'a text of the wrong kind',
      'Read a.md, then add 3 and its content',
      ['`b`', 'files/read_file', 'cannot be used there'],
    ],
    ['something left over', 'Read a.md with the password "x"', ['no parameter for "x"']],
    ['a pronoun without a noun', 'Read it', ['`path`']],
    ['a choice that is not offered', 'Set the light to purple', ['"red", "green"']],
    ['an empty goal', ' . ', ['nothing to do']],
    ['a text that is only described', 'Write a poem to b.md', ['`content`']],
  ])('%s → asks, naming it', async (_, goal, words) => {
    const asked = await question(goal);
    for (const word of words) expect(asked).toContain(word);
    expect(asked).toContain('offline planner');
  });

  it('one clause lacks something → nothing is planned, and what was understood is said', async () => {
    const asked = await question('Read a.md. Add 5.');
    expect(asked).toMatch(/“Add 5”/);
    expect(asked).toMatch(/“Read a.md” → files\/read_file \{"path":"a.md"\}/);
  });

  it('a destructive tool is the nearest → never chosen unless the verb says so', async () => {
    expect((await plan('Handle the file a.md')).join()).not.toContain('delete_file');
    expect(await plan('Delete a.md')).toEqual(['delete_file: files/delete_file {"path":"a.md"}']);
  });

  it('more calls than the run has left → gives up, with both numbers', async () => {
    const decision = await setUp().decide('Read a.md, b.md and c.md', { stepsLeft: 2 });
    expect(decision).toMatchObject({
      kind: 'gave-up',
      reason: expect.stringMatching(/3 tool calls .* 2 more/),
    });
  });
});

describe('the second turn', () => {
  it('results → an answer that quotes them, counts failures and says who wrote it', async () => {
    const observations = [
      observation('a', 'line one\nline two'),
      observation('b', '', { problem: 'no such file' }),
      observation('c', 'access denied', { isError: true }),
      observation('d', 'x'.repeat(2_000)),
    ];
    const decision = await decide('whatever', { turn: 2, observations });
    const answer = decision.kind === 'answer' ? decision.answer : '';
    expect(answer).toContain('offline planner');
    expect(answer).toContain('2 of 4 steps are done');
    expect(answer).toContain('   line one\n   line two');
    expect(answer).toMatch(/do b .*failed: no such file/);
    expect(answer).toMatch(/do c .*refused/);
    expect(answer).toContain('(2000 characters in all)');
    expect(answer.length).toBeLessThan(1_500);
  });

  it('nothing worked → gave-up with the reasons', async () => {
    const observations = [observation('b', '', { problem: 'no such file' })];
    expect(await setUp().decide('x', { turn: 2, observations })).toMatchObject({
      kind: 'gave-up',
      reason: expect.stringContaining('no such file'),
    });
  });

  it('both turns → in the transcript, and a repeated attempt changes nothing', async () => {
    const { decide: ask, conversations } = setUp();
    const first = await ask('Add 1 and 2');
    expect(await ask('Add 1 and 2')).toEqual(first);
    const second = await ask('Add 1 and 2', {
      turn: 2,
      conversation: first.conversation,
      observations: [observation('add', '3')],
    });
    const transcript = await conversations.read('default', second.conversation);
    expect(transcript.map(({ from }) => from)).toEqual(['user', 'model', 'user', 'model']);
    expect(JSON.stringify(transcript)).toContain('offline planner');
  });
});

describe('composition rules', () => {
  const feeds: CompositionRule = {
    name: 'note-from-file',
    reason: 'a note holds what was read',
    kind: 'feeds',
    from: 'files/read_file',
    output: 'content',
    to: 'notes/create_note',
    argument: 'content',
    required: false,
  };
  const goal = 'Read a.txt, then create a note titled "Summary"';

  it('an argument that the goal does not say and a rule does → taken from that step', async () => {
    const decision = await setUp([feeds]).decide(goal);
    const steps = decision.kind === 'plan' ? decision.plan.steps : [];
    const made = steps.find(({ tool: id }) => id === 'notes/create_note');
    expect(made?.args['content']).toEqual({ kind: 'output', step: 'read_file', path: 'content' });
  });

  it('a plan that a rule refuses → asks, and gives the reason', async () => {
    const apart: CompositionRule = {
      name: 'apart',
      reason: 'files stay private',
      kind: 'never-together',
      tools: ['files/*', 'notes/*'],
    };
    const decision = await setUp([apart]).decide('Read a.txt, then list all notes');
    expect(decision.kind === 'needs-input' && decision.question).toContain('files stay private');
  });
});
