// Proves for each dialect that an answer which another provider began is gone on with: through the whole
// gateway and the vendors' SDKs, to local servers that speak the wire formats. The first provider is cut
// in the middle of its text; what the second one is sent is read from the wire.
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import type { LlmRequest } from '../../common/llm.ts';
import { createLlmGateway } from '../../services/llm/gateway.ts';
import type { LlmDialectName } from '../../services/llm/llm-provider-config.ts';
import type { Capability } from '../../services/llm/router/model-facts.ts';
import { routeOfConfig } from '../../services/llm/router/route-of-config.ts';
import { startFakeAnthropic } from '../support/fake-llm/anthropic.ts';
import type { FakeLlm } from '../support/fake-llm/fake-llm-server.ts';
import { startFakeGoogle } from '../support/fake-llm/google.ts';
import { startFakeOllama } from '../support/fake-llm/ollama.ts';
import { startFakeResponses } from '../support/fake-llm/openai-responses.ts';
import { startFakeOpenAi } from '../support/fake-llm/openai.ts';
import { streamText, VENDORS } from '../support/fake-llm/streams.ts';

const apiKey = 'test-key-0123456789';
const OLLAMA = { model: 'llama3.2:latest', contextLength: 131_072, capabilities: ['tools'] };

const REQUEST: LlmRequest = {
  role: 'planner',
  messages: [
    { from: 'system', text: 'Answer briefly.' },
    { from: 'user', text: 'Does it rain in Oslo?' },
  ],
  tools: [],
  toolChoice: 'auto',
  maxOutputTokens: 512,
  temperature: null,
};

interface Target {
  readonly model: string;
  start(): Promise<FakeLlm>;
  /** Added to the server's address. */
  readonly path: string;
  /** Where in a request its turns are. */
  readonly turns: string;
  /** The last turn where the answer is begun, and where it is not. */
  readonly begun: JsonObject;
  readonly asked: JsonValue;
}

const question = 'Does it rain in Oslo?';
const spoken = {
  begun: { role: 'assistant', content: 'It rains' },
  asked: { role: 'user', content: question },
};

const TARGETS: Readonly<Record<LlmDialectName, Target>> = {
  openai: {
    ...{ model: 'gpt-test', path: '/v1', turns: 'messages', ...spoken },
    start: () => startFakeOpenAi({ apiKey }),
  },
  'openai-responses': {
    ...{ model: 'gpt-test', path: '/v1', turns: 'input', ...spoken },
    start: () => startFakeResponses({ apiKey }),
  },
  anthropic: {
    ...{ model: 'claude-test', path: '', turns: 'messages' },
    begun: { role: 'assistant', content: [{ type: 'text', text: 'It rains' }] },
    asked: { role: 'user', content: [{ type: 'text', text: question }] },
    start: () => startFakeAnthropic({ apiKey }),
  },
  google: {
    ...{ model: 'gemini-test', path: '', turns: 'contents' },
    begun: { role: 'model', parts: [{ text: 'It rains' }] },
    asked: { role: 'user', parts: [{ text: question }] },
    start: () => startFakeGoogle({ apiKey }),
  },
  ollama: {
    ...{ model: OLLAMA.model, path: '', turns: 'messages', ...spoken },
    start: () => startFakeOllama(OLLAMA),
  },
};

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** The first provider breaks after "It rains "; the second one writes `second`. */
async function stream(dialect: LlmDialectName, can: readonly Capability[], second: string) {
  const target = TARGETS[dialect];
  const [broken, server] = await Promise.all([startFakeOpenAi({ apiKey }), target.start()]);
  closers.push(broken.close, server.close);
  const beginning = streamText('openai', VENDORS.openai.text(['It rains ']));
  broken.script({ kind: 'stream', text: beginning, then: 'cut' });
  const vendor = VENDORS[dialect];
  const frames = [...vendor.text([second]), ...vendor.finish('text')];
  server.script({
    kind: 'stream',
    text: streamText(dialect, frames) + vendor.end,
    then: 'end',
  });
  const common = { apiKey, timeoutMs: 20_000 };
  const first = routeOfConfig({
    ...{ name: 'first', dialect: 'openai', model: 'gpt-test', ...common },
    baseUrl: `${broken.url}/v1`,
  });
  const next = routeOfConfig({
    ...{ name: 'second', dialect, model: target.model, ...common },
    baseUrl: `${server.url}${target.path}`,
  });
  const gateway = createLlmGateway({
    routes: [first, { ...next, facts: { ...next.facts, can } }],
    rules: { preset: 'configured' },
    metrics: { llmCall: () => undefined, llmSwitch: () => undefined },
    log: pino({ level: 'silent' }),
  });
  const events: LlmStreamEvent[] = [];
  const { signal } = new AbortController();
  for await (const event of gateway.stream(REQUEST, { signal })) events.push(event);
  const sent = server.journal.map(({ body }) => body as Record<string, JsonValue[]>);
  return { events, lastTurn: sent[0]?.[target.turns]?.at(-1), requests: sent.length };
}

const wordsOf = (events: readonly LlmStreamEvent[]): readonly string[] =>
  events.flatMap((event) => (event.kind === 'text' ? [event.text] : []));

const dialects = Object.keys(TARGETS) as LlmDialectName[];

describe('an answer that breaks off in the middle', () => {
  it.each(dialects)(
    '%s goes on with begun answers → the words are sent as its own, its rest follows, no restart',
    async (dialect) => {
      const { events, lastTurn, requests } = await stream(dialect, ['prefill'], 'in Oslo.');
      expect(wordsOf(events)).toEqual(['It rains ', 'in Oslo.']);
      expect(events.filter(({ kind }) => kind === 'restart')).toEqual([]);
      expect(events.at(-1)).toMatchObject({
        kind: 'finish',
        response: {
          parts: [{ kind: 'text', text: 'It rains in Oslo.' }],
          servedBy: { provider: 'second' },
          routing: { attempts: [{ outcome: 'Llm.Unavailable' }, { outcome: 'ok' }] },
        },
      });
      // Without the white space at its end, which vendors refuse.
      expect(lastTurn).toEqual(TARGETS[dialect].begun);
      expect(requests).toBe(1);
    },
  );

  it.each(dialects)(
    '%s cannot go on with one → a restart, and the whole answer to the question as it was',
    async (dialect) => {
      const { events, lastTurn } = await stream(dialect, ['tools'], 'Yes, it rains.');
      const { asked } = TARGETS[dialect];
      expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'usage')).toEqual([
        ...['served', 'text', 'restart', 'served', 'text', 'finish'],
      ]);
      expect(wordsOf(events).at(-1)).toBe('Yes, it rains.');
      expect(events.at(-1)).toMatchObject({
        response: { parts: [{ kind: 'text', text: 'Yes, it rains.' }] },
      });
      expect(lastTurn).toEqual(asked);
    },
  );
});
