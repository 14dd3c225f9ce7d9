// Proves which model calls are answered from a cache: equal deterministic ones of one tenant, and never
// what has tools, chance or an unfinished answer in it; that a kept answer costs nothing; and that
// only single questions reach the semantic layer, each under all that must be equal.
import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LlmRequest, LlmResponse } from '../../../../common/llm.ts';
import type { TenantId } from '../../../../common/tenant.ts';
import { createLayeredCache } from '../../../../services/cache/layered-cache.ts';
import type {
  SemanticCache,
  SemanticPlace,
} from '../../../../services/cache/semantic/semantic-cache.ts';
import type { Embedder } from '../../../../services/embeddings/embedder.ts';
import { alikeAnswers } from '../../../../services/llm/cache/alike-answers.ts';
import { FAILURE } from '../../../../common/failures.ts';
import { ServiceError } from '../../../../services/errors.ts';
import {
  answerTtlMs,
  createCachedGateway,
  createLastAnswers,
} from '../../../../services/llm/cache/cached-gateway.ts';
import { parseResponse } from '../../../../services/llm/cache/parse-response.ts';
import type { CallOptions, LlmGateway } from '../../../../services/llm/gateway.ts';
import { createMetrics } from '../../../../services/telemetry/metrics.ts';

const usage = {
  inputTokens: 10,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 5,
  reasoningTokens: 0,
  costUsd: 0.5,
};

function answer(text: string, unified: LlmResponse['finish']['unified'] = 'stop'): LlmResponse {
  return {
    parts: [{ kind: 'text', text }],
    finish: { unified, raw: unified },
    usage,
    servedBy: { provider: 'openai', model: 'm' },
  };
}

function request(question: string, other: Partial<LlmRequest> = {}): LlmRequest {
  return {
    role: 'worker',
    messages: [
      { from: 'system', text: 'Be brief.' },
      { from: 'user', text: question },
    ],
    tools: [],
    toolChoice: 'none',
    maxOutputTokens: 100,
    temperature: 0,
    ...other,
  };
}

let calls: LlmRequest[] = [];
let next: LlmResponse = answer('a');
beforeEach(() => {
  calls = [];
  next = answer('a');
});

function gatewayOf(semantic: SemanticCache<LlmResponse> | null = null) {
  const gateway: LlmGateway = {
    configured: () => ({ provider: 'openai', model: 'm' }),
    complete(asked) {
      calls.push(asked);
      return Promise.resolve(next);
    },
    embed: () => Promise.reject(new Error('Nothing is embedded here.')),
    stream: () => {
      throw new Error('Nothing streams here.');
    },
    providers: {} as LlmGateway['providers'],
  };
  const exact = createLayeredCache<LlmResponse>({
    name: 'test',
    shared: null,
    parse: parseResponse,
    ttlMs: answerTtlMs,
    maxBytes: 100_000,
    maxEntries: 100,
    sizeOf: (value) => JSON.stringify(value).length,
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
  });
  const cached = createCachedGateway({ gateway, exact, semantic });
  return (asked: LlmRequest, options: Partial<CallOptions> = {}) =>
    cached.complete(asked, { signal: new AbortController().signal, ...options });
}

describe('equal calls', () => {
  it('asked twice → the model once; the second answer cost nothing', async () => {
    const complete = gatewayOf();
    expect(await complete(request('q'))).toEqual(answer('a'));
    const second = await complete(request('q'));
    expect(second.parts).toEqual(answer('a').parts);
    expect(second.usage).toMatchObject({ inputTokens: 0, outputTokens: 0, costUsd: 0 });
    expect(calls).toHaveLength(1);
  });

  it.each<[string, Partial<LlmRequest>, Partial<CallOptions>]>([
    ['tenant', {}, { tenantId: 'other' as TenantId }],
    ['model', {}, { model: 'other/model' }],
    ['role', { role: 'judge' }, {}],
    ['limit', { maxOutputTokens: 200 }, {}],
    ['instructions', { messages: [{ from: 'user', text: 'q' }] }, {}],
  ])('another %s → the model is asked', async (_, other, options) => {
    const complete = gatewayOf();
    await complete(request('q'));
    await complete(request('q', other), options);
    expect(calls).toHaveLength(2);
  });

  it.each<[string, Partial<LlmRequest>]>([
    ['chance', { temperature: 0.7 }],
    ['the provider’s own temperature', { temperature: null }],
    ['tools', { tools: [{ name: 't', description: '', inputSchema: {} }] }],
  ])('%s → never from a cache', async (_, other) => {
    const complete = gatewayOf();
    await complete(request('q', other));
    await complete(request('q', other));
    expect(calls).toHaveLength(2);
  });

  it('answer that was cut off or refused → not kept', async () => {
    const complete = gatewayOf();
    for (const unified of ['length', 'refusal'] as const) {
      next = answer('half', unified);
      await complete(request('q'));
    }
    expect(calls).toHaveLength(2);
  });
});

describe('no model answers', () => {
  function setUp() {
    const clock = { nowMs: 0 };
    const log = pino({ level: 'silent' });
    let problem: Error | null = null;
    const gateway: LlmGateway = {
      configured: () => ({ provider: 'openai', model: 'm' }),
      embed: () => Promise.reject(new Error('Nothing is embedded here.')),
      complete: () =>
        problem === null ? Promise.resolve(answer('kept')) : Promise.reject(problem),
      stream: () => {
        throw new Error('Nothing streams here.');
      },
      providers: {} as LlmGateway['providers'],
    };
    const cached = createCachedGateway({
      gateway,
      semantic: null,
      exact: {
        getOrLoad: async (_at, load) => ({
          value: await load(new AbortController().signal),
          hit: false,
        }),
      },
      last: createLastAnswers({ shared: null, maxAgeMs: 60_000, log, nowMs: () => clock.nowMs }),
    });
    return {
      clock,
      fail: (error: Error) => (problem = error),
      complete: (question: string) =>
        cached.complete(request(question), { signal: new AbortController().signal }),
    };
  }
  const away = new ServiceError(FAILURE.llmUnavailable, 'away', {
    retry: { allowed: true, afterMs: null },
  });

  it('its earlier answer to the same call → stands in, free, and says how old it is', async () => {
    const { clock, fail, complete } = setUp();
    await complete('q');
    fail(away);
    clock.nowMs += 42_000;
    const old = await complete('q');
    expect(old.parts).toEqual(answer('kept').parts);
    expect(old.usage.costUsd).toBe(0);
    expect(old.routing?.degraded).toEqual(['stale cache, 42 s old']);
    await expect(complete('another')).rejects.toBe(away);
    clock.nowMs += 20_000;
    await expect(complete('q')).rejects.toBe(away);
  });

  it('a call that is wrong → fails as it does without', async () => {
    const { fail, complete } = setUp();
    await complete('q');
    const wrong = new ServiceError(FAILURE.llmBadRequest, 'wrong');
    fail(wrong);
    await expect(complete('q')).rejects.toBe(wrong);
  });
});

describe('questions that mean the same', () => {
  const places: SemanticPlace[] = [];
  const semantic: SemanticCache<LlmResponse> = {
    async getOrLoad(place, text, load) {
      places.push(place);
      return text.startsWith('near')
        ? { value: answer('kept'), hit: true }
        : { value: await load(), hit: false };
    },
  };
  beforeEach(() => void places.splice(0));

  it('a hit → the kept answer, for nothing; a miss → the model’s', async () => {
    const complete = gatewayOf(semantic);
    const hit = await complete(request('near'));
    expect(hit).toMatchObject({ parts: answer('kept').parts, usage: { costUsd: 0 } });
    expect(await complete(request('far'))).toEqual(answer('a'));
    expect(calls).toHaveLength(1);
  });

  it('other tenant, instructions, model or limit → another place', async () => {
    const complete = gatewayOf(semantic);
    await complete(request('near'));
    await complete(request('near'), { tenantId: 'other' as TenantId });
    await complete(request('near'), { model: 'x' });
    await complete(request('near', { maxOutputTokens: 7 }));
    await complete(request('near', { messages: [{ from: 'user', text: 'near' }] }));
    expect(new Set(places.map(({ partition }) => partition)).size).toBe(5);
    expect(new Set(places.map(({ owner }) => owner)).size).toBe(2);
  });

  it.each<[string, Partial<LlmRequest>]>([
    ['a turn of an agent', { tools: [{ name: 't', description: '', inputSchema: {} }] }],
    ['the planner', { role: 'planner' }],
    [
      'a conversation',
      {
        messages: [
          { from: 'user', text: 'near' },
          { from: 'model', parts: [{ kind: 'text', text: 'x' }] },
          { from: 'user', text: 'near' },
        ],
      },
    ],
  ])('%s → not looked for', async (_, other) => {
    const complete = gatewayOf(semantic);
    expect(await complete(request('near', other))).toEqual(answer('a'));
    expect(places).toEqual([]);
  });
});

describe('alikeAnswers', () => {
  const close: Embedder = {
    id: 'one',
    dimensions: 1,
    embed: (texts) => Promise.resolve(texts.map(() => Float32Array.of(1))),
    close: () => Promise.resolve(),
  };
  it.each([
    [true, 'Yes.', ' yes'],
    [true, 'It is red', 'red it is'],
    [false, 'It costs 5', 'It costs 6'],
    [false, 'It is so', 'It is not so'],
    [false, 'that is in Rome', 'that is in Oslo'],
  ])('%s: "%s" and "%s"', async (alike, a, b) => {
    expect(await alikeAnswers(close, a, b)).toBe(alike);
  });
});

describe('parseResponse', () => {
  it('as it was kept → the same; anything else → null', () => {
    expect(parseResponse(answer('a'))).toEqual(answer('a'));
    for (const value of [null, {}, answer('a', 'length'), { ...answer('a'), usage: {} }]) {
      expect(parseResponse(value)).toBeNull();
    }
  });
});
