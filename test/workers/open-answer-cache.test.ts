// The cache of answers as the worker wires it: over a real Redis, with the real embedding model. The
// model behind the gateway is a stand-in that counts.
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LlmRequest, LlmResponse } from '../../common/llm.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { LlmGateway } from '../../services/llm/gateway.ts';
import { createMetrics } from '../../services/telemetry/metrics.ts';
import { openAnswerCache } from '../../workers/open-answer-cache.ts';
import { MODEL_DIR } from '../support/cache-dir.ts';
import { startRedis } from '../support/redis.ts';
import type { RedisServer } from '../support/redis.ts';

let server: RedisServer;
let calls: string[] = [];
let opened: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const each of opened) await each.close();
  opened = [];
  calls = [];
});

const gateway: LlmGateway = {
  configured: () => ({ provider: 'openai', model: 'm' }),
  complete(request): Promise<LlmResponse> {
    const question = request.messages.map((each) => ('text' in each ? each.text : '')).join();
    calls.push(question);
    const zero = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 };
    return Promise.resolve({
      parts: [{ kind: 'text', text: `About: ${question}` }],
      finish: { unified: 'stop', raw: 'stop' },
      usage: { ...zero, reasoningTokens: 0, costUsd: 1 },
      servedBy: { provider: 'openai', model: 'm' },
    });
  },
  embed: () => Promise.reject(new Error('Nothing is embedded here.')),
  stream: () => {
    throw new Error('Nothing streams here.');
  },
  providers: {} as LlmGateway['providers'],
};

async function open(mode: 'off' | 'exact' | 'semantic', redisUrl: string | null = null) {
  return (await openWith(mode, redisUrl, false)).gateway;
}

async function openWith(
  mode: 'off' | 'exact' | 'semantic',
  redisUrl: string | null,
  turns: boolean,
) {
  const config = {
    answerCache: { mode, maxWrong: 0.01, staleMs: 0, turns },
    modelDir: MODEL_DIR,
    redisUrl,
  };
  const log = pino({ level: 'silent' });
  const answers = await openAnswerCache({ config, gateway, metrics: createMetrics(), log });
  opened.push(answers);
  return answers;
}

async function ask(at: LlmGateway, text: string, tenant = 'acme'): Promise<number | null> {
  const request: LlmRequest = {
    role: 'worker',
    messages: [{ from: 'user', text }],
    tools: [],
    toolChoice: 'none',
    maxOutputTokens: 50,
    temperature: 0,
  };
  const signal = new AbortController().signal;
  const { usage } = await at.complete(request, { signal, tenantId: tenant as TenantId });
  return usage.costUsd;
}

describe('openAnswerCache', () => {
  it('off → the gateway as it is', async () => {
    expect(await open('off', server.url)).toBe(gateway);
  });

  it('turns of agents → served by none, unless asked for and semantic', async () => {
    expect((await openWith('semantic', null, false)).goalAnswers).toBeNull();
    expect((await openWith('exact', null, true)).goalAnswers).toBeNull();
    expect((await openWith('off', null, true)).goalAnswers).toBeNull();
    expect((await openWith('semantic', null, true)).goalAnswers).not.toBeNull();
  });

  it('exact → two processes ask the model once; another tenant asks again', async () => {
    const [first, second] = [await open('exact', server.url), await open('exact', server.url)];
    expect(await ask(first, 'What is a fugue?')).toBe(1);
    expect(await ask(second, 'What is a fugue?')).toBe(0);
    expect(await ask(second, 'What is a fugue?', 'other')).toBe(1);
    expect(calls).toHaveLength(2);
  });

  it('semantic → an equal question is answered at once; another city, number or tenant is asked', async () => {
    const at = await open('semantic');
    expect(await ask(at, 'What is the weather in Paris today?')).toBe(1);
    expect(await ask(at, 'What is the weather in Paris today?')).toBe(0);
    expect(await ask(at, 'What is the weather in London today?')).toBe(1);
    expect(await ask(at, 'What is the weather in Paris in 2 days?')).toBe(1);
    expect(await ask(at, 'What is the weather in Paris today?', 'other')).toBe(1);
  });
});
