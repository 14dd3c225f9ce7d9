// Proves on a real Ollama with a real model of 135 million parameters that the gateway finds it, talks
// to it and counts what it used. Such a small model says what it likes: what is judged is the way there
// and back, not the words.
import { OpenAI } from 'openai';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../api/server.ts';
import type { LlmResponse } from '../../common/llm.ts';
import { isServiceError } from '../../services/errors.ts';
import { findOllama } from '../../services/llm/find-ollama.ts';
import type { LlmGateway } from '../../services/llm/gateway.ts';
import { createLlmGateway } from '../../services/llm/gateway.ts';
import { routeOfConfig } from '../../services/llm/router/route-of-config.ts';
import { fakeServices } from '../api/support/fake-services.ts';
import type { OllamaServer } from '../support/ollama.ts';
import { startOllama } from '../support/ollama.ts';

let server: OllamaServer;
let gateway: LlmGateway;

beforeAll(async () => {
  server = await startOllama();
  gateway = gatewayFor(server.model);
});
afterAll(() => server?.stop());

function gatewayFor(model: string): LlmGateway {
  return createLlmGateway({
    routes: [
      routeOfConfig({
        name: 'ollama',
        dialect: 'ollama',
        model,
        apiKey: null,
        baseUrl: server.url,
        timeoutMs: 120_000,
      }),
    ],
    rules: { preset: 'configured' },
    metrics: { llmCall: () => undefined, llmSwitch: () => undefined },
    log: pino({ level: 'silent' }),
  });
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (one: readonly number[], two: readonly number[]): number =>
    one.reduce((sum, value, at) => sum + value * (two[at] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function jsonOf({ parts }: LlmResponse): unknown {
  return JSON.parse(parts.map((part) => (part.kind === 'text' ? part.text : '')).join(''));
}

const request = {
  role: 'worker',
  messages: [
    { from: 'system', text: 'You answer in one short sentence.' },
    { from: 'user', text: 'What is the capital of France?' },
  ],
  tools: [],
  toolChoice: 'none',
  maxOutputTokens: 60,
  temperature: 0,
} as const;

describe('a real Ollama', () => {
  it('asked which models it has → the one named is found, one without tools is not chosen by itself', async () => {
    const host = server.url.replace('http://', '');
    const named = await findOllama({ host, model: server.model, fetch });
    expect(named).toMatchObject({ config: { model: server.model, baseUrl: server.url } });
    const chosen = await findOllama({ host, model: null, fetch });
    expect(chosen).toMatchObject({
      problem: expect.stringContaining('has no model that can call tools') as string,
    });
  });

  it('chat → text, what it used, no cost, and the same again at temperature 0', async () => {
    const signal = new AbortController().signal;
    const answer = await gateway.complete(request, { signal });
    const text = answer.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
    expect(text).toContain('Paris');
    expect(answer.usage.inputTokens).toBeGreaterThan(10);
    expect(answer.usage.outputTokens).toBeGreaterThan(1);
    expect(answer.usage.costUsd).toBe(0);
    expect(answer.servedBy).toEqual({ provider: 'ollama', model: server.model });
    expect((await gateway.complete(request, { signal })).parts).toEqual(answer.parts);
  });

  it('streamed → pieces that make up the same text, then what it used', async () => {
    const signal = new AbortController().signal;
    const pieces: string[] = [];
    let end: LlmResponse | null = null;
    for await (const event of gateway.stream(request, { signal })) {
      if (event.kind === 'text') pieces.push(event.text);
      if (event.kind === 'finish') end = event.response;
    }
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toContain('Paris');
    expect(end?.parts).toEqual([{ kind: 'text', text: pieces.join('') }]);
    expect(end?.usage.outputTokens).toBeGreaterThan(1);
    expect((await gateway.complete(request, { signal })).parts).toEqual(end?.parts);
  });

  it('a schema for the answer → JSON of that schema and nothing else, whole and streamed', async () => {
    const signal = new AbortController().signal;
    const schema = {
      type: 'object',
      properties: {
        capital: { type: 'string', enum: ['Berlin', 'Paris', 'Rome'] },
        isInEurope: { type: 'boolean' },
      },
      required: ['capital', 'isInEurope'],
    };
    const asked = { ...request, maxOutputTokens: 100, output: { name: 'capital', schema } };
    const whole = await gateway.complete(asked, { signal });
    expect(jsonOf(whole)).toEqual({
      capital: expect.stringMatching(/^(Berlin|Paris|Rome)$/) as string,
      isInEurope: expect.any(Boolean) as boolean,
    });
    expect(whole.finish.unified).toBe('stop');
    let end: LlmResponse | null = null;
    for await (const event of gateway.stream(asked, { signal })) {
      if (event.kind === 'finish') end = event.response;
    }
    expect(end === null ? null : jsonOf(end)).toEqual(jsonOf(whole));
  });

  it('texts → a vector each of one length, the likelier ones nearer; other dimensions refused', async () => {
    const signal = new AbortController().signal;
    const texts = [
      'The cat sleeps on the sofa.',
      'A cat is sleeping on a couch.',
      'Tax law of 1987',
    ];
    const { vectors, usage, servedBy } = await gateway.embed({ texts }, { signal });
    expect(vectors.map(({ length }) => length)).toEqual([576, 576, 576]);
    const [cat, couch, tax] = vectors as [number[], number[], number[]];
    expect(cosine(cat, couch)).toBeGreaterThan(cosine(cat, tax));
    expect(usage.inputTokens).toBeGreaterThan(10);
    expect(usage.costUsd).toBe(0);
    expect(servedBy.model).toBe(server.model);
    const one = await gateway.embed({ texts: [texts[0] ?? ''] }, { signal });
    expect(cosine(one.vectors[0] ?? [], cat)).toBeGreaterThan(0.999);
    const short = gateway.embed({ texts, dimensions: 64 }, { signal });
    await expect(short).rejects.toThrow('vectors of 576 numbers, and 64');
  });

  it('by our API and the openai package → a stream, and vectors in Base64', async () => {
    const api = createServer(fakeServices({ gateway, providers: gateway.providers }));
    const url = await api.listen({ host: '127.0.0.1', port: 0 });
    try {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
      const events = client.responses.stream({
        model: server.model,
        input: 'What is the capital of France?',
        temperature: 0,
        max_output_tokens: 40,
      });
      const answer = await events.finalResponse();
      expect(answer.output_text.length).toBeGreaterThan(3);
      const model = server.model;
      const embedded = await client.embeddings.create({ model, input: 'A cat sleeps.' });
      expect(embedded.data[0]?.embedding).toHaveLength(576);
    } finally {
      await api.close();
    }
  });

  it('few tokens allowed → cut off, and said so', async () => {
    const signal = new AbortController().signal;
    const answer = await gateway.complete({ ...request, maxOutputTokens: 2 }, { signal });
    expect(answer.finish.unified).toBe('length');
  });

  it('a model that it lacks → a clear error that is not retried', async () => {
    const signal = new AbortController().signal;
    const error = await gatewayFor('nothing:1b')
      .complete(request, { signal })
      .then(
        () => null,
        (reason: unknown) => reason,
      );
    expect(isServiceError(error) ? [error.type, error.retry.allowed] : error).toEqual([
      'Llm.BadRequest',
      false,
    ]);
  });

  it('cancelled in the middle → the reason itself, and the next call is served', async () => {
    const controller = new AbortController();
    const long = { ...request, maxOutputTokens: 2_000 };
    const running = gateway.complete(long, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    const signal = new AbortController().signal;
    expect((await gateway.complete(request, { signal })).finish.unified).toBe('stop');
  });
});
