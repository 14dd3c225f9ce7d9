// Proves how the model planner finds tools: bounded searches that the model asks for, and those for
// the steps of a goal before its first turn. The gateway is scripted; tools and index are in memory.
import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../../../common/add-usage.ts';
import type { Decomposer } from '../../../services/discovery/model-decomposer.ts';
import type { ModelPlannerDeps } from '../../../services/planner/model-planner.ts';
import { createModelPlanner } from '../../../services/planner/model-planner.ts';
import { goalInput } from './support/goal-input.ts';
import { call, text, read, plan, setUp, lastText } from './support/scripted-planner.ts';

describe('searching', () => {
  it('a model orders the hits of each search → what that used is in the usage of the turn', async () => {
    const { deps, usage } = setUp(
      [call('find_tools', { query: 'count words' })],
      [plan(read('r'))],
    );
    const planner = createModelPlanner({
      ...deps,
      index: {
        search: async (tenantId, request, options) => {
          options.onUsage?.(usage);
          return deps.index.search(tenantId, request, options);
        },
        find: async (tenantId, request, options) => {
          options.onUsage?.(usage);
          return deps.index.find(tenantId, request, options);
        },
      },
    });
    const input = goalInput('read the file a.md', {});
    const decision = await planner.decide(input, new AbortController().signal);
    // Two calls of the planner, the search for the goal and the one it asked for.
    expect(decision).toMatchObject({ usage: { inputTokens: 400, costUsd: 0.04 } });
  });

  it('find_tools → the best tools, then the plan; usage is the sum', async () => {
    const { decide, requests } = setUp(
      [call('find_tools', { query: 'count words' })],
      [plan(read('r'))],
    );
    const decision = await decide('read the file a.md');
    expect(decision).toMatchObject({
      kind: 'plan',
      usage: { inputTokens: 200, outputTokens: 10, costUsd: 0.02 },
    });
    expect(decision.toolsConsidered).toEqual(['files/read_file', 'text/count_words']);
    expect(requests[1]?.messages.at(-1)).toMatchObject({
      from: 'tool',
      name: 'find_tools',
      isError: false,
      text: expect.stringContaining('text__count_words'),
    });
  });

  it('several requests at once, one of which nothing fits → the best of each, the miss is said, and asked again', async () => {
    const asked: unknown[] = [];
    const { deps, requests } = setUp(
      [
        call('find_tools', {
          requests: [
            { server: 'a text processor', tool: 'count words' },
            { tool: 'qqqq zzzz' },
            { tool: 'files__read_file' },
          ],
        }),
      ],
      [call('find_tools', { requests: [{ server: 'files', tool: 'read a file' }] })],
      [plan(read('r'))],
    );
    const planner = createModelPlanner({
      ...deps,
      index: {
        ...deps.index,
        find: (tenantId, request, options) => {
          asked.push(request);
          return deps.index.find(tenantId, request, options);
        },
      },
    });
    const decision = await planner.decide(goalInput('say hello', {}), new AbortController().signal);
    expect(decision).toMatchObject({ kind: 'plan' });
    expect(asked).toEqual([
      { server: 'a text processor', tool: 'count words' },
      { server: '', tool: 'qqqq zzzz' },
      { server: '', tool: 'files__read_file' },
      { server: 'files', tool: 'read a file' },
    ]);
    const told = requests[1]?.messages.at(-1);
    const words = told?.from === 'tool' ? told.text : '';
    expect(words).toContain('text__count_words');
    expect(words).toContain('files__read_file');
    expect(words.match(/Nothing fits/g)).toHaveLength(1);
    expect(words).toContain('Nothing fits "qqqq zzzz"');
    const again = requests[2]?.messages.at(-1);
    expect(again?.from === 'tool' ? again.text : 'Nothing fits').not.toContain('Nothing fits');
  });

  it.each([
    {},
    { requests: [] },
    { requests: [{ server: 'a code host' }] },
    { requests: Array.from({ length: 7 }, () => ({ tool: 'x' })) },
    { query: '' },
  ])('find_tools with %j → told what it takes, and nothing is searched', async (args) => {
    const { decide, requests } = setUp([call('find_tools', args)], [text('enough')]);
    expect(await decide('x')).toMatchObject({ kind: 'answer' });
    expect(requests[1]?.messages.at(-1)).toMatchObject({
      isError: true,
      text: expect.stringContaining('needs "requests", a list of 1 to 6'),
    });
  });

  it('more searches than allowed → refused, and the model can still answer', async () => {
    const search = () => [call('find_tools', { query: 'more' })];
    const { decide, requests } = setUp(search(), search(), search(), search(), search(), [
      text('enough'),
    ]);
    expect(await decide('x')).toMatchObject({ kind: 'answer', answer: 'enough' });
    expect(requests.at(-1)?.messages.at(-1)).toMatchObject({
      isError: true,
      text: expect.stringContaining('4 are allowed'),
    });
  });

  it('a model that never decides → Llm.BadAnswer after a bounded number of calls', async () => {
    const { decide, requests } = setUp(
      ...Array.from({ length: 20 }, () => [call('files__read_file', {})]),
    );
    await expect(decide('x')).rejects.toMatchObject({ type: 'Llm.BadAnswer' });
    expect(requests.length).toBe(14);
    expect(lastText(requests.at(-1))).toContain('make_plan');
  });
});

describe('a goal that takes several steps', () => {
  const GOAL = 'Tell me how long the text in a.md is';
  const LONG = `${GOAL}, and be so kind as to say it in one short line`;
  const stepCost = { inputTokens: 7, outputTokens: 3, costUsd: 0.001 };
  const splitter = (steps: readonly string[] | null | Error) => {
    const asked: { goal: string; budgetUsd: number | undefined }[] = [];
    const decomposer: Decomposer = {
      async decompose(goal, { budgetUsd }) {
        asked.push({ goal, budgetUsd });
        if (steps instanceof Error) throw steps;
        return { steps, usage: { ...NO_USAGE, ...stepCost }, routing: null };
      },
    };
    return { decomposer, asked };
  };
  const searched = (deps: ModelPlannerDeps) => {
    const queries: string[] = [];
    const index: ModelPlannerDeps['index'] = {
      ...deps.index,
      search(tenantId, request, options) {
        queries.push(String(request));
        return deps.index.search(tenantId, request, options);
      },
    };
    return { queries, index };
  };

  it('a model names the steps → one search each, counted, and in the result', async () => {
    const { deps } = setUp([plan(read('read'))]);
    const { decomposer, asked } = splitter(['read a file', 'count words']);
    const { queries, index } = searched(deps);
    const planner = createModelPlanner({ ...deps, index, decomposer });
    const decision = await planner.decide(
      goalInput(LONG, { budgetUsd: 0.5 }),
      new AbortController().signal,
    );
    expect(asked).toEqual([{ goal: LONG, budgetUsd: 0.5 }]);
    expect(queries).toEqual([LONG, 'read a file', 'count words']);
    expect(decision.goalSteps).toEqual({ by: 'model', steps: ['read a file', 'count words'] });
    expect(decision.usage).toMatchObject({ inputTokens: 107, outputTokens: 8 });
    expect(decision.usage.costUsd).toBeCloseTo(0.011);
  });

  it('a model names one step → searched for besides the goal, in its words', async () => {
    const { deps } = setUp([plan(read('read'))]);
    const { queries, index } = searched(deps);
    const { decomposer } = splitter(['count words']);
    const planner = createModelPlanner({ ...deps, index, decomposer });
    await planner.decide(goalInput(LONG), new AbortController().signal);
    expect(queries).toEqual([LONG, 'count words']);
  });

  it.each([
    ['it fails', new Error('no model today')],
    ['it names none', null],
  ])('%s → the clauses of the goal, by rules', async (_what, steps) => {
    const { deps } = setUp([plan(read('read'))]);
    const planner = createModelPlanner({ ...deps, decomposer: splitter(steps).decomposer });
    const goal = 'Read the file a.md. Then count the words of it.';
    const decision = await planner.decide(goalInput(goal), new AbortController().signal);
    expect(decision.goalSteps).toEqual({
      by: 'rules',
      steps: ['Read the file a.md', 'count the words of it'],
    });
  });

  it('a short goal of one clause → no model is asked for steps', async () => {
    const { deps } = setUp([plan(read('read'))]);
    const { decomposer, asked } = splitter(['read a file', 'count words']);
    const planner = createModelPlanner({ ...deps, decomposer });
    await planner.decide(goalInput(GOAL), new AbortController().signal);
    expect(asked).toEqual([]);
  });

  it('a second attempt → the steps that the first one wrote down, whatever a model says now', async () => {
    const { deps, requests } = setUp([plan(read('read'))]);
    const first = createModelPlanner({
      ...deps,
      decomposer: splitter(['read a file', 'count words']).decomposer,
    });
    const { signal } = new AbortController();
    const decided = await first.decide(goalInput(LONG), signal);
    const other = splitter(['do something else']);
    const second = createModelPlanner({ ...deps, decomposer: other.decomposer });
    const again = await second.decide(goalInput(LONG), signal);
    expect(other.asked).toEqual([]);
    expect(again.goalSteps).toEqual(decided.goalSteps);
    expect(again.conversation).toEqual(decided.conversation);
    expect(requests).toHaveLength(1);
  });
});
