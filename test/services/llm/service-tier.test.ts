// Proves that a route with a cheaper tier of service asks for it and is charged by it, and that the
// usual tier serves, at its own price, where the cheaper one has no room or is not known. Local servers
// speak the wire formats and are strict about the field.
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { JsonObject, JsonValue } from '../../../common/json.ts';
import type { LlmRequest, LlmUsage } from '../../../common/llm.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import { routeOfConfig } from '../../../services/llm/router/route-of-config.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import type { FakeLlm, Scriptable } from '../../support/fake-llm/fake-llm-server.ts';
import { errorFixture, fixtureAnswer, fixtureBody } from '../../support/fake-llm/fixture.ts';
import { startFakeGoogle } from '../../support/fake-llm/google.ts';
import { startFakeOpenAi } from '../../support/fake-llm/openai.ts';
import { startFakeResponses } from '../../support/fake-llm/openai-responses.ts';
import { VENDORS, streamText } from '../../support/fake-llm/streams.ts';

const apiKey = 'test-key-0123456789';
const STARTS = {
  openai: startFakeOpenAi,
  'openai-responses': startFakeResponses,
  google: startFakeGoogle,
};
type Dialect = keyof typeof STARTS;
const FIELD = { openai: 'service_tier', 'openai-responses': 'service_tier', google: 'serviceTier' };
const REQUEST: LlmRequest = {
  role: 'worker',
  messages: [{ from: 'user', text: 'Does it rain in Oslo?' }],
  tools: [],
  toolChoice: 'none',
  maxOutputTokens: 100,
  temperature: null,
};
const signal = new AbortController().signal;
const error = (status: number, message: string, code: string): Scriptable => ({
  kind: 'answer',
  status,
  body: { error: { message, code, status: code, type: 'error' } },
});
const NO_ROOM: Readonly<Record<Dialect, Scriptable>> = {
  openai: error(429, 'Resource Unavailable', 'resource_unavailable'),
  'openai-responses': error(429, 'Resource Unavailable', 'resource_unavailable'),
  google: error(503, 'The model is overloaded.', 'UNAVAILABLE'),
};

const servers: FakeLlm[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** Flex costs a dollar a million tokens, whatever they are. */
const PRICE = { kind: 'own', prices: { inputPerMillion: 1, outputPerMillion: 1 } } as const;

async function start(dialect: Dialect, ...script: readonly Scriptable[]) {
  const server = await STARTS[dialect]({ apiKey });
  servers.push(server);
  server.script(...script);
  const baseUrl = dialect === 'google' ? server.url : `${server.url}/v1`;
  const config = { name: 'one', dialect, model: 'm', apiKey, baseUrl, timeoutMs: 10_000 };
  const metrics = createMetrics();
  const gateway = createLlmGateway({
    routes: [
      { ...routeOfConfig(config), batchOnly: true, serviceTier: 'flex' as const, price: PRICE },
    ],
    rules: { preset: 'configured' },
    metrics,
    log: pino({ level: 'silent' }),
  });
  const options = { signal, isBatch: true };
  const ask = () => gateway.complete(REQUEST, options);
  const stream = async (): Promise<LlmUsage | null> => {
    let usage: LlmUsage | null = null;
    for await (const event of gateway.stream(REQUEST, options)) {
      if (event.kind === 'finish') usage = event.response.usage;
    }
    return usage;
  };
  const asked = () => server.journal.map(({ body }) => (body as JsonObject)[FIELD[dialect]]);
  return { ask, stream, asked, metrics };
}

/** OpenAI says by which tier it answered, Google does not. */
function byFlex(dialect: Dialect): Scriptable {
  const body = fixtureBody(dialect, 'text') as JsonObject;
  const said = dialect === 'google' ? body : { ...body, service_tier: 'flex' };
  return { kind: 'answer', status: 200, body: said };
}

const streamed = (dialect: Dialect): Scriptable => {
  const { text, finish, end } = VENDORS[dialect];
  const frames = [...text(['Rain.']), ...finish('text')];
  return { kind: 'stream', text: streamText(dialect, frames) + end, then: 'end' };
};

describe.each(Object.keys(STARTS) as Dialect[])('flex by %s', (dialect) => {
  it('there is room → asked for, charged by its price', async () => {
    const { ask, asked } = await start(dialect, byFlex(dialect));
    const { usage } = await ask();
    expect(asked()).toEqual(['flex']);
    expect(usage.tier).toBe('flex');
    const tokens =
      (usage.inputTokens ?? 0) + (usage.cacheReadTokens ?? 0) + (usage.outputTokens ?? 0);
    expect(usage.costUsd).toBeCloseTo(tokens / 1_000_000, 9);
  });

  it('no room → the usual tier at once, its price unknown here and counted so; asked again next time', async () => {
    const { ask, asked, metrics } = await start(
      dialect,
      NO_ROOM[dialect],
      fixtureAnswer(dialect, 'text'),
    );
    const { usage, routing } = await ask();
    expect(usage).toMatchObject({ tier: 'standard', costUsd: null });
    expect(routing?.attempts).toHaveLength(1);
    expect(await metrics.text()).toContain(
      'ostinato_llm_price_unknown_total{provider="one",model="m"} 1',
    );
    await ask();
    expect(asked()).toEqual(['flex', undefined, 'flex']);
  });

  it('streams → the same', async () => {
    const { stream, asked } = await start(dialect, NO_ROOM[dialect], streamed(dialect));
    expect(await stream()).toMatchObject({ tier: 'standard', costUsd: null });
    expect(await stream()).toMatchObject({ tier: 'flex', costUsd: expect.any(Number) });
    expect(asked()).toEqual(['flex', undefined, 'flex']);
  });

  it('a model that does not know the tier → asked for it once', async () => {
    const refusal = error(400, `Invalid ${FIELD[dialect]}: flex is not supported.`, 'invalid');
    const { ask, asked } = await start(dialect, refusal, fixtureAnswer(dialect, 'text'));
    await ask();
    await ask();
    expect(asked()).toEqual(['flex', undefined, undefined]);
  });

  it('another refusal → as it is, after one request', async () => {
    const { ask, asked } = await start(dialect, errorFixture(dialect, 'unauthorized'));
    await expect(ask()).rejects.toMatchObject({ type: FAILURE.llmAuthentication });
    expect(asked()).toEqual(['flex']);
  });
});

describe('flex of OpenAI', () => {
  it('the answer says another tier served → charged by that one', async () => {
    const body = { ...(fixtureBody('openai', 'text') as JsonObject), service_tier: 'default' };
    const { ask } = await start('openai', { kind: 'answer', status: 200, body: body as JsonValue });
    expect((await ask()).usage).toMatchObject({ tier: 'standard', costUsd: null });
  });

  it('a rate limit of the key → the key waits, and the usual tier is not asked', async () => {
    const { ask, asked } = await start('openai', errorFixture('openai', 'rate-limited'));
    await expect(ask()).rejects.toMatchObject({ type: FAILURE.llmRateLimited });
    expect(asked()).toEqual(['flex']);
  });
});
