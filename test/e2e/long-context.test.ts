// Proves that a long run stays within its budget of tokens: the whole engine, a real MCP server with
// long answers, and a local server that speaks OpenAI's wire format and refuses prompts that are too
// long. The run compacts, reads on in an answer that was cut, names one that came again, and says
// what that spared.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getRun, startAgent } from '../../client/index.ts';
import type { JsonObject } from '../../common/json.ts';
import { countTokens } from '../../services/context/count-tokens.ts';
import type { Engine } from '../support/engine.ts';
import { startEngine } from '../support/engine.ts';
import type { FakeLlm, JournalEntry, Scripted } from '../support/fake-llm/fake-llm-server.ts';
import { startFakeOpenAi } from '../support/fake-llm/openai.ts';

const KEY = 'sk-test-0123456789';
const BUDGET = 10_000;
const GOAL = 'Find out what row 4321 of table first is, and list the other tables';

let model: FakeLlm;
let engine: Engine;

beforeAll(async () => {
  model = await startFakeOpenAi({ apiKey: KEY });
  const server = join(import.meta.dirname, '..', 'support', 'rows-server.mjs');
  engine = await startEngine(
    { rows: { command: process.execPath, args: [server], effects: { '*': 'read' } } },
    {
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: `${model.url}/v1`,
      OSTINATO_MODEL: 'gpt-test',
      OSTINATO_CONTEXT_TOKENS: String(BUDGET),
    },
  );
});

afterAll(async () => {
  await engine?.stop();
  await model?.close();
});

let calls = 0;
function completion(message: JsonObject, finish: string): Scripted {
  const choice = {
    index: 0,
    message: { role: 'assistant', refusal: null, content: null, ...message },
    finish_reason: finish,
  };
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  const head = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-test' };
  return { kind: 'answer', status: 200, body: { ...head, choices: [choice], usage } };
}
function call(name: string, args: JsonObject): Scripted {
  calls += 1;
  const called = { name, arguments: JSON.stringify(args) };
  const toolCalls = [{ id: `call_${calls}`, type: 'function', function: called }];
  return completion({ tool_calls: toolCalls }, 'tool_calls');
}
const answer = (content: string) => completion({ content }, 'stop');
const list = (table: string, count: number) =>
  call('make_plan', {
    steps: [{ id: table, tool: 'rows/list_rows', args: { table, count } }],
  });

const textOf = ({ body }: JournalEntry) => JSON.stringify((body as JsonObject)['messages']);
const isSummary = ({ body }: JournalEntry) => (body as JsonObject)['tools'] === undefined;
const since = (at: number) => model.journal.slice(at).filter((entry) => !isSummary(entry));

/** Answers requests for a summary, and all others in order. */
function scripted(steps: readonly ((request: JournalEntry) => Scripted)[]): void {
  let next = 0;
  model.script((request) => {
    if (isSummary(request)) return answer('Row 4321 of table first is 12963.');
    next += 1;
    return steps[next - 1]?.(request) ?? answer('Row 4321 is 12963.');
  });
}

describe('a long run', () => {
  it('long answers, one of them twice → compacts, reads on, names the repeat, and says what it spared', async () => {
    const tables = ['b', 'c', 'd', 'd', 'e', 'f', 'g'];
    scripted([
      () => list('first', 5_000),
      (request) => {
        const [, id = ''] = /artifact ([0-9a-f]{16}),/.exec(textOf(request)) ?? [];
        return call('read_artifact', { id, find: 'row 4321 ' });
      },
      ...tables.map((table) => () => list(table, 90)),
    ]);
    const run = await startAgent(engine.ostinato, { goal: GOAL, limits: { maxTurns: 20 } });
    const result = await run.result();
    expect(result).toMatchObject({ outcome: 'answered', answer: 'Row 4321 is 12963.' });
    const asked = since(0);
    expect(textOf(asked[2] as JournalEntry)).toContain('first row 4321 is 12963');
    expect(textOf(asked.at(-1) as JournalEntry)).toContain(GOAL);
    for (const { body } of asked) expect(countTokens(JSON.stringify(body))).toBeLessThan(BUDGET);
    const { context } = result;
    expect(context?.compactions).toBeGreaterThan(0);
    expect(context?.saved.results).toBeGreaterThan(30_000);
    expect(context?.saved.repeats).toBeGreaterThan(500);
    expect(context?.saved.history).toBeGreaterThan(500);
    expect(asked.map(textOf).join('')).toContain('The same as the result marked');
    expect((await getRun(engine.ostinato, run.runId)).progress?.context).toEqual(context);
    const metrics = await engine.services.metrics.text();
    expect(metrics).toMatch(/ostinato_context_saved_tokens_total\{by="history"\} [1-9]/);
    expect(metrics).toMatch(/ostinato_context_compactions_total [1-9]/);
  });

  it('the provider holds less than was thought → shortened, asked once more, answered', async () => {
    const limit = 5_000;
    const refused: Scripted = {
      kind: 'answer',
      status: 400,
      body: {
        error: {
          message: `This model's maximum context length is ${limit} tokens.`,
          type: 'invalid_request_error',
          param: 'messages',
          code: 'context_length_exceeded',
        },
      },
    };
    let plans = 0;
    let refusals = 0;
    model.script((request) => {
      if (isSummary(request)) return answer('Some tables were listed.');
      if (countTokens(JSON.stringify(request.body)) > limit) {
        refusals += 1;
        return refused;
      }
      plans += 1;
      return plans > 5 ? answer('Done.') : list(`t${plans}`, 150);
    });
    const run = await startAgent(engine.ostinato, { goal: GOAL, limits: { maxTurns: 20 } });
    expect(await run.result()).toMatchObject({ outcome: 'answered', answer: 'Done.', turns: 6 });
    expect(refusals).toBeGreaterThan(0);
  });
});
