// Proves what OPENAI_API_KEY alone gives: OpenAI's Responses API, over its wire format, with tools, the
// reasoning kept between calls, streams and structured output; and models that do not reason. The
// provider is the one that the environment sets up, at a local server's address instead of the vendor's.
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../common/json.ts';
import type { LlmMessage, LlmRequest } from '../../../common/llm.ts';
import { findProviders } from '../../../services/llm/find-providers.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import { routeOfConfig } from '../../../services/llm/router/route-of-config.ts';
import type { FakeLlm, Scriptable } from '../../support/fake-llm/fake-llm-server.ts';
import { fixtureAnswer } from '../../support/fake-llm/fixture.ts';
import { startFakeResponses } from '../../support/fake-llm/openai-responses.ts';
import { VENDORS, streamText } from '../../support/fake-llm/streams.ts';

const apiKey = 'test-key-0123456789';
const QUESTION: LlmMessage = { from: 'user', text: 'Does it rain in Oslo?' };
const REQUEST: LlmRequest = {
  role: 'worker',
  messages: [QUESTION],
  tools: [{ name: 'weather_now', description: 'Tells the weather.', inputSchema: {} }],
  toolChoice: 'auto',
  maxOutputTokens: 100,
  temperature: null,
};
const signal = new AbortController().signal;

let server: FakeLlm | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function start(...script: readonly Scriptable[]) {
  const fetch = () => Promise.reject(new TypeError('fetch failed'));
  const [found] = await findProviders({ OPENAI_API_KEY: apiKey }, { fetch });
  if (found === undefined) throw new Error('OPENAI_API_KEY gave no provider.');
  const fake = (server = await startFakeResponses({ apiKey }));
  fake.script(...script);
  const gateway = createLlmGateway({
    routes: [routeOfConfig({ ...found, baseUrl: `${fake.url}/v1` })],
    rules: { preset: 'configured' },
    metrics: { llmCall: () => undefined, llmSwitch: () => undefined },
    log: pino({ level: 'silent' }),
  });
  const sent = (at: number) => fake.journal[at]?.body as JsonObject | undefined;
  return { gateway, script: fake.script, sent };
}

describe('OPENAI_API_KEY alone', () => {
  it('a turn with a tool, its end streamed by a schema → the reasoning goes back, the answer fits', async () => {
    const { gateway, script, sent } = await start(fixtureAnswer('openai-responses', 'reasoning'));
    const { parts, servedBy } = await gateway.complete(REQUEST, { signal });
    expect(servedBy.provider).toBe('openai');
    expect(parts.map(({ kind }) => kind)).toEqual(['reasoning', 'tool-call']);
    expect(sent(0)).toMatchObject({ tool_choice: 'auto', tools: [{ name: 'weather_now' }] });

    const { text, finish, end } = VENDORS['openai-responses'];
    const frames = [...text(['{"rain":', 'true}']), ...finish('text')];
    const streamed = streamText('openai-responses', frames) + end;
    script({ kind: 'stream', text: streamed, then: 'end' });
    const results = parts.flatMap((part): LlmMessage[] =>
      part.kind === 'tool-call'
        ? [{ from: 'tool', callId: part.callId, name: part.name, text: 'rain', isError: false }]
        : [],
    );
    const schema = { type: 'object', properties: { rain: { type: 'boolean' } } };
    const second: LlmRequest = {
      ...REQUEST,
      messages: [QUESTION, { from: 'model', parts }, ...results],
      output: { name: 'weather', schema },
    };
    const words: string[] = [];
    for await (const event of gateway.stream(second, { signal })) {
      if (event.kind === 'text') words.push(event.text);
    }
    expect(words).toEqual(['{"rain":', 'true}']);
    expect(sent(1)).toMatchObject({ stream: true, text: { format: { type: 'json_schema' } } });
    expect(JSON.stringify(sent(1))).toContain('"encrypted_content":"gAAAAABo8MGi"');
  });

  it('a model that does not reason → asked once more without its reasoning, then never for it', async () => {
    const message = 'Encrypted content is not supported with this model.';
    const refusal = {
      error: { message, type: 'invalid_request_error', param: 'include', code: null },
    };
    const { gateway, sent } = await start(
      { kind: 'answer', status: 400, body: refusal },
      fixtureAnswer('openai-responses', 'text'),
    );
    await gateway.complete(REQUEST, { signal });
    await gateway.complete(REQUEST, { signal });
    const asked = [0, 1, 2].map((at) => sent(at)?.['include']);
    expect(asked).toEqual([['reasoning.encrypted_content'], undefined, undefined]);
  });
});
