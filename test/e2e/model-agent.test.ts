// Proves that an agent plans with a language model: the whole engine, a real MCP server, and a local
// server that speaks OpenAI's wire format in place of the account.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signalRun, startAgent } from '../../client/index.ts';
import type { JsonObject } from '../../common/json.ts';
import type { Engine } from '../support/engine.ts';
import { startEngine } from '../support/engine.ts';
import type { FakeLlm } from '../support/fake-llm/fake-llm-server.ts';
import { startFakeOpenAi } from '../support/fake-llm/openai.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const KEY = 'sk-test-0123456789';

let model: FakeLlm;
let engine: Engine;

beforeAll(async () => {
  model = await startFakeOpenAi({ apiKey: KEY });
  engine = await startEngine(
    {
      everything: {
        command: process.execPath,
        args: [join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js')],
        effects: { '*': 'read' },
      },
    },
    {
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: `${model.url}/v1`,
      OSTINATO_MODEL: 'gpt-test',
      OSTINATO_DECOMPOSE: 'model',
    },
  );
});

afterAll(async () => {
  await engine?.stop();
  await model?.close();
});

let nextCall = 0;

function completion(message: JsonObject, finish: string) {
  return {
    kind: 'answer' as const,
    status: 200,
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-test',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', refusal: null, ...message },
          finish_reason: finish,
        },
      ],
      usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
    },
  };
}

const makePlan = (steps: readonly JsonObject[]) => toolCall('make_plan', { steps });

function toolCall(name: string, args: JsonObject) {
  nextCall += 1;
  const called = { name, arguments: JSON.stringify(args) };
  return completion(
    { content: null, tool_calls: [{ id: `call_${nextCall}`, type: 'function', function: called }] },
    'tool_calls',
  );
}

const answer = (text: string) => completion({ content: text }, 'stop');

describe('an agent with a model', () => {
  it('splits the goal, plans, sees the results, answers → answered, with its usage', async () => {
    model.script(
      toolCall('list_steps', { steps: ['add two numbers', 'echo a message'] }),
      makePlan([
        { id: 'sum', tool: 'everything/get-sum', args: { a: 20, b: 22 } },
        { id: 'say', tool: 'everything/echo', args: { message: 'It is ${sum.$text}' } },
      ]),
      answer('The sum is 42.'),
    );
    const run = await startAgent(engine.ostinato, { goal: 'Add 20 and 22 and say it' });
    const result = await run.result();
    expect(result).toMatchObject({
      outcome: 'answered',
      answer: 'The sum is 42.',
      turns: 2,
      toolCalls: 2,
      planner: { kind: 'model', provider: 'openai', model: 'gpt-test' },
      usage: { inputTokens: 300, outputTokens: 60 },
    });
    const served = { route: 'openai/gpt-test', outcome: 'ok', why: 'in the order configured' };
    expect(result.models).toMatchObject(
      [1, 1, 2].map((turn) => ({ turn, preset: 'configured', attempts: [served] })),
    );
    expect(result.steps.find(({ id }) => id === 'say')?.preview).toContain('It is The sum of 20');
    const second = JSON.stringify(model.journal.at(-1)?.body);
    expect(second).toContain('42');
  });

  it('a plan with every kind of step that the model is offered → runs, and the results come back', async () => {
    const echo = 'everything/echo';
    model.script(
      makePlan([
        { id: 'pause', waitFor: { seconds: 0.1 } },
        { id: 'sum', tool: 'everything/get-sum', args: { a: 20, b: 22 }, after: ['pause'] },
        { id: 'go', waitFor: { signal: 'go' } },
        {
          id: 'each',
          plan: { steps: [{ id: 'say', tool: echo, args: { message: 'for ${args.name}' } }] },
          forEach: { items: '${go.names}', maxParallel: 2 },
          args: { name: '${item}' },
        },
        {
          id: 'unwanted',
          tool: echo,
          args: { message: 'never' },
          when: { value: '${go.loud}', equals: true },
          optional: true,
        },
        {
          id: 'spare',
          tool: 'everything/get-sum',
          args: { a: '${go.names}', b: 1 },
          fallback: { tool: echo, args: { message: 'the spare one' } },
          onFailure: 'skip-dependents',
        },
        { id: 'helper', agent: { goal: 'Say ${sum.$text}', maxTurns: 2 }, after: ['each'] },
      ]),
      answer('The helper says 42.'),
      answer('All done.'),
    );
    const before = model.journal.length;
    const run = await startAgent(engine.ostinato, { goal: 'Do something of every kind' });
    await waitFor('the wait for the signal', async () =>
      (await run.progress()).steps.some(({ id, state }) => id === 'go' && state === 'running'),
    );
    await signalRun(engine.ostinato, run.runId, 'go', { names: ['Ann', 'Bob'], loud: false });
    const result = await run.result();
    expect(result).toMatchObject({ outcome: 'answered', answer: 'All done.', turns: 2 });
    const states = Object.fromEntries(result.steps.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({
      ...{ pause: 'done', sum: 'done', go: 'done', each: 'done', helper: 'done' },
      ...{ spare: 'done', unwanted: 'skipped' },
    });
    const told = JSON.stringify(model.journal.at(-1)?.body);
    for (const words of ['for Ann', 'for Bob', 'The helper says 42.'])
      expect(told).toContain(words);
    // What is offered never changes within a run: the provider's prompt cache stays warm.
    const asked = model.journal.slice(before).map(({ body }) => body as { tools: JsonObject[] });
    expect(new Set(asked.map(({ tools }) => JSON.stringify(tools))).size).toBe(1);
    const [offer] = asked[0]?.tools ?? [];
    for (const kind of ['waitFor', 'plan', 'agent', 'fallback', 'forEach', 'when', 'optional']) {
      expect(JSON.stringify(offer)).toContain(`"${kind}"`);
    }
  });

  it('an invalid plan → one repair with the problems, then it runs', async () => {
    model.script(
      makePlan([{ id: 'x', tool: 'everything/no-such-tool', args: {} }]),
      makePlan([{ id: 'x', tool: 'everything/echo', args: { message: 'mended' } }]),
      answer('Done.'),
    );
    const before = model.journal.length;
    const run = await startAgent(engine.ostinato, { goal: 'Echo something' });
    expect(await run.result()).toMatchObject({ outcome: 'answered', toolCalls: 1 });
    const repair = JSON.stringify(model.journal[before + 1]?.body);
    expect(repair).toContain('no-such-tool');
    expect(model.journal.length - before).toBe(3);
  });

  it('an invalid plan twice → the run fails and says what is wrong with the plan', async () => {
    model.script(makePlan([{ id: 'x', tool: 'nowhere/nothing', args: {} }]));
    const run = await startAgent(engine.ostinato, { goal: 'Do the impossible' });
    const result = await run.result();
    expect(result.outcome).toBe('failed');
    expect(result.outcome === 'failed' ? result.reason : '').toContain('nowhere/nothing');
  });

  it('the provider is overloaded once → tried again by Temporal, and answered', async () => {
    const overloaded = {
      kind: 'answer' as const,
      status: 529,
      headers: { 'retry-after-ms': '50' },
      body: { error: { message: 'Overloaded', type: 'server_error', param: null, code: null } },
    };
    model.script(overloaded, answer('Nothing to do.'));
    const before = model.journal.length;
    const run = await startAgent(engine.ostinato, { goal: 'Say nothing' });
    expect(await run.result()).toMatchObject({ outcome: 'answered', answer: 'Nothing to do.' });
    expect(model.journal.length - before).toBe(2);
  });

  it('the key is refused → fails at once, naming it, without a retry', async () => {
    const refused = {
      kind: 'answer' as const,
      status: 401,
      body: {
        error: {
          message: 'Incorrect API key',
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_api_key',
        },
      },
    };
    model.script(refused);
    const before = model.journal.length;
    const run = await startAgent(engine.ostinato, { goal: 'Anything' });
    const result = await run.result();
    expect(result.outcome).toBe('failed');
    expect(model.journal.length - before).toBe(1);
    expect(JSON.stringify(result)).not.toContain(KEY);
  });
});
