// Models that refuse a setting: the dialect learns it from the refusal, sends again without, and
// leaves it out from then on. Local servers answer first with the vendor's refusal.
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { JsonObject } from '../../../common/json.ts';
import type { LlmRequest } from '../../../common/llm.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import { routeOfConfig } from '../../../services/llm/router/route-of-config.ts';
import { startFakeAnthropic } from '../../support/fake-llm/anthropic.ts';
import type { FakeLlm } from '../../support/fake-llm/fake-llm-server.ts';
import { errorFixture, fixtureAnswer } from '../../support/fake-llm/fixture.ts';
import { startFakeOpenAi } from '../../support/fake-llm/openai.ts';

const apiKey = 'test-key-0123456789';
const servers: FakeLlm[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(dialect: 'openai' | 'anthropic') {
  const server = await (dialect === 'openai' ? startFakeOpenAi : startFakeAnthropic)({ apiKey });
  servers.push(server);
  const baseUrl = dialect === 'openai' ? `${server.url}/v1` : server.url;
  const gateway = createLlmGateway({
    routes: [
      routeOfConfig({ name: dialect, dialect, model: 'm', apiKey, baseUrl, timeoutMs: 10_000 }),
    ],
    rules: { preset: 'configured' },
    metrics: { llmCall: () => undefined, llmSwitch: () => undefined },
    log: pino({ level: 'silent' }),
  });
  const complete = (over: Partial<LlmRequest>) =>
    gateway.complete(
      {
        role: 'planner',
        messages: [{ from: 'user', text: 'hi' }],
        tools: [{ name: 'look', description: 'Looks.', inputSchema: {} }],
        toolChoice: 'auto',
        maxOutputTokens: 100,
        temperature: null,
        ...over,
      },
      { signal: new AbortController().signal },
    );
  const sent = (field: string) => server.journal.map(({ body }) => (body as JsonObject)[field]);
  return { server, complete, sent };
}

describe('learned limits', () => {
  it('temperature refused → sent again without, and never again', async () => {
    const { server, complete, sent } = await start('openai');
    server.script(errorFixture('openai', 'temperature-refused'), fixtureAnswer('openai', 'text'));
    await complete({ temperature: 0.2 });
    await complete({ temperature: 0.2 });
    expect(sent('temperature')).toEqual([0.2, undefined, undefined]);
  });

  it('tools refused unless reasoning is off → switched off', async () => {
    const { server, complete, sent } = await start('openai');
    server.script(errorFixture('openai', 'reasoning-refused'), fixtureAnswer('openai', 'text'));
    await complete({});
    expect(sent('reasoning_effort')).toEqual([undefined, 'none']);
  });

  it('forced tool call refused → auto', async () => {
    const { server, complete, sent } = await start('anthropic');
    server.script(
      errorFixture('anthropic', 'forced-tool-refused'),
      fixtureAnswer('anthropic', 'tool-call'),
    );
    await complete({ toolChoice: 'required' });
    await complete({ toolChoice: 'required' });
    expect(sent('tool_choice')).toEqual([{ type: 'any' }, { type: 'auto' }, { type: 'auto' }]);
  });

  it('refused for a setting that was not sent → the refusal itself, after one request', async () => {
    const { server, complete } = await start('openai');
    server.script(errorFixture('openai', 'temperature-refused'));
    await expect(complete({})).rejects.toMatchObject({ type: FAILURE.llmBadRequest });
    expect(server.journal).toHaveLength(1);
  });

  it('refused again without the setting → the refusal, after two requests', async () => {
    const { server, complete } = await start('openai');
    server.script(errorFixture('openai', 'temperature-refused'));
    await expect(complete({ temperature: 1 })).rejects.toMatchObject({
      type: FAILURE.llmBadRequest,
    });
    expect(server.journal).toHaveLength(2);
  });

  it('eight calls at once meet the refusal → all answer', async () => {
    const { server, complete } = await start('openai');
    server.script(({ body }) =>
      'temperature' in (body as JsonObject)
        ? errorFixture('openai', 'temperature-refused')
        : fixtureAnswer('openai', 'text'),
    );
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => complete({ temperature: 0.2 })),
    );
    expect(answers).toHaveLength(8);
    expect(server.journal.length).toBeLessThanOrEqual(16);
  });
});

describe('learned windows', () => {
  const long = (chars: number) => ({
    messages: [{ from: 'user' as const, text: 'word '.repeat(chars / 5) }],
  });

  it.each([
    ['openai', 128_000],
    ['anthropic', 200_000],
  ] as const)(
    '%s says what the model holds → what is surely longer is not sent',
    async (by, window) => {
      const { server, complete } = await start(by);
      server.script(errorFixture(by, 'context-too-long'), fixtureAnswer(by, 'text'));
      const surely = long(window * 5);
      await expect(complete(surely)).rejects.toMatchObject({ type: FAILURE.llmContextTooLong });
      expect(server.journal).toHaveLength(1);
      await expect(complete(surely)).rejects.toMatchObject({
        type: FAILURE.llmContextTooLong,
        message: expect.stringContaining(`takes ${window} tokens`),
      });
      expect(server.journal).toHaveLength(1);
      // Estimates are from above: this may fit, so it is asked.
      expect((await complete(long(window * 3))).finish.unified).toBe('stop');
      expect(server.journal).toHaveLength(2);
    },
  );
});
