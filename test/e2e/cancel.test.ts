// Proves that a cancelled run lets go of what it holds, and what it leaves behind: the sockets of a tool
// call and of a model call are closed within a second, as the servers at their other ends see it, and
// the transcript is one that a provider takes. The model's server is as strict as a real one: a call
// without its result is refused. The second is made of timers (a beat every 600 ms), not of speed; a
// machine that is busy may miss it once, not three times.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentResult, RunHandle } from '../../client/index.ts';
import { runHandle, runPlan, sendMessage } from '../../client/index.ts';
import type { JsonObject } from '../../common/json.ts';
import type { Engine } from '../support/engine.ts';
import { startEngine } from '../support/engine.ts';
import type { FakeLlm } from '../support/fake-llm/fake-llm-server.ts';
import { startFakeOpenAi } from '../support/fake-llm/openai.ts';
import { streamText, VENDORS } from '../support/fake-llm/streams.ts';
import type { FakeHttpServer } from '../support/fake-mcp-http-server.ts';
import { startFakeHttpServer } from '../support/fake-mcp-http-server.ts';
import { waitFor } from '../support/wait-for.ts';

const KEY = 'sk-test-0123456789';
const WITHIN_MS = 1_000;
const { openai } = VENDORS;

let tools: FakeHttpServer;
let model: FakeLlm;
let engine: Engine;

beforeAll(async () => {
  tools = await startFakeHttpServer({ tools: ['wait', 'wait-silently', 'echo'] });
  model = await startFakeOpenAi({ apiKey: KEY });
  engine = await startEngine(
    { web: { url: tools.url, effects: { '*': 'non-idempotent' } } },
    {
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: `${model.url}/v1`,
      OSTINATO_MODEL: 'gpt-test',
      OSTINATO_ALLOW_PRIVATE_URLS: 'true',
    },
  );
});

afterAll(async () => {
  await engine?.stop();
  await model?.close();
  await tools?.close();
});

const says = (text: string) => stream(openai.text([text]), 'text');
const plans = (...steps: readonly JsonObject[]) =>
  stream(openai.call('make_plan', JSON.stringify({ steps })), 'call');

function stream(frames: ReturnType<typeof openai.text>, finish: 'text' | 'call') {
  const text = streamText('openai', [...frames, ...openai.finish(finish)]) + openai.end;
  return { kind: 'stream', text, then: 'end' } as const;
}

/** Cancels, and waits until the server at the other end saw its socket closed. @returns ms */
async function cancelled(run: RunHandle<unknown>, isClosed: () => boolean): Promise<number> {
  const startedMs = performance.now();
  await run.cancel('Changed my mind.');
  await waitFor('the socket to close', isClosed);
  return performance.now() - startedMs;
}

const shortest = (times: readonly number[]) => Math.min(...times);

describe('the socket of a call', () => {
  it.each(['wait', 'wait-silently'])('tool "%s" at work → closed', async (name) => {
    const times: number[] = [];
    while (times.length < 3 && !(shortest(times) < WITHIN_MS)) {
      const plan = { steps: [{ id: 'hold', tool: `web/${name}`, timeoutMs: 60_000 }] };
      const ran = tools.ran.length;
      const run = await runPlan(engine.ostinato, { plan });
      await waitFor('the call', () => tools.ran.length > ran);
      const closed = tools.hungUp.length;
      times.push(await cancelled(run, () => tools.hungUp.length > closed));
      const result = await run.result();
      expect(result).toMatchObject({ outcome: 'cancelled', steps: [{ state: 'cancelled' }] });
    }
    expect(shortest(times)).toBeLessThan(WITHIN_MS);
  });

  it.each([
    ['before it says anything', { kind: 'hang' } as const],
    [
      'while it writes',
      { kind: 'stream', text: streamText('openai', openai.text(['half'])), then: 'hang' } as const,
    ],
  ])('a model, %s → closed', async (_when, script) => {
    const times: number[] = [];
    while (times.length < 3 && !(shortest(times) < WITHIN_MS)) {
      model.script(script);
      const [asked, closed] = [model.journal.length, model.abandoned()];
      const conversationId = `model-${asked}`;
      const run = await sendMessage(engine.ostinato, { conversationId, text: 'Think long' });
      await waitFor('the question', () => model.journal.length > asked);
      times.push(await cancelled(run, () => model.abandoned() > closed));
      expect(await run.result()).toMatchObject({ outcome: 'cancelled' });
    }
    expect(shortest(times)).toBeLessThan(WITHIN_MS);
  });
});

describe('the transcript that a cancelled run leaves', () => {
  /** What the model's server was sent last; it refuses what is no valid transcript. */
  const sent = () =>
    (model.journal.at(-1)?.body as { messages: JsonObject[] } | undefined)?.messages ?? [];

  it('a tool at work → its call has a result, and the next message is answered', async () => {
    const conversationId = 'tool-cut-off';
    const say = (text: string) => sendMessage(engine.ostinato, { conversationId, text });
    model.script(
      plans(
        { id: 'first', tool: 'web/echo', args: { message: 'done before' } },
        { id: 'hold', tool: 'web/wait', args: {}, after: ['first'] },
      ),
      says('Fine, something else then.'),
    );
    const run = await say('Do a thing');
    await waitFor('the tool', () => tools.ran.at(-1) === 'wait');
    await run.cancel('Never mind.');
    expect(await run.result()).toMatchObject({ outcome: 'cancelled', reason: 'Never mind.' });
    expect(await (await say('And now?')).result()).toMatchObject({
      outcome: 'answered',
      answer: 'Fine, something else then.',
    });
    const roles = sent().map(({ role }) => role);
    expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'user']);
  });

  it('a model at work → the message stays, nothing of the half answer, and the next is answered', async () => {
    const conversationId = 'model-cut-off';
    const say = (text: string) => sendMessage(engine.ostinato, { conversationId, text });
    const half = streamText('openai', openai.call('make_plan', '{"steps":[{"id":"a"').slice(0, -1));
    model.script({ kind: 'stream', text: half, then: 'hang' }, says('Here I am.'));
    const asked = model.journal.length;
    const run = await say('Plan something');
    await waitFor('the question', () => model.journal.length > asked);
    await run.cancel('Too slow.');
    expect(await run.result()).toMatchObject({ outcome: 'cancelled' });
    expect(await (await say('Hello?')).result()).toMatchObject({ answer: 'Here I am.' });
    expect(sent().map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(sent()[1]?.['content']).toBe('Plan something');
    expect(sent()[2]?.['content']).toContain('stopped before I could answer');
  });

  it('a message that waits is not cancelled with the one before it', async () => {
    const conversationId = 'queue';
    model.script({ kind: 'hang' }, says('Second.'));
    const asked = model.journal.length;
    await sendMessage(engine.ostinato, { conversationId, text: 'One', messageId: 'q-1' });
    await waitFor('the question', () => model.journal.length > asked);
    const second = await sendMessage(engine.ostinato, { conversationId, text: 'Two' });
    await runHandle<AgentResult>(engine.ostinato, 'q-1').cancel('Skip this one.');
    expect(await second.result()).toMatchObject({ outcome: 'answered', answer: 'Second.' });
  });
});
