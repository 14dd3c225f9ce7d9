// Proves what becomes of a stream that breaks: begun anew by another route while it was only text,
// never spliced once a tool call has begun; and that breaker and record learn how it really ended.
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { LlmStreamEvent } from '../../../common/llm-stream.ts';
import type { LlmResponse } from '../../../common/llm.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { CallResult } from '../../../services/breaker/breakers.ts';
import type { AttemptEnd } from '../../../services/llm/attempt-chain.ts';
import { streamChain } from '../../../services/llm/stream-chain.ts';
import type { OpenStream } from '../../../services/llm/stream-from-route.ts';
import { chainDeps, failure, route } from './support.ts';

const routes = [route('one/a'), route('two/b')];
const text = (words: string): LlmStreamEvent => ({ kind: 'text', text: words });
const callBegins: LlmStreamEvent = { kind: 'tool-call-start', callId: 'c', name: 'look' };
const usage = {
  inputTokens: 1,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  outputTokens: 2,
  reasoningTokens: null,
  costUsd: null,
};
const response: LlmResponse = {
  parts: [{ kind: 'text', text: 'whole' }],
  finish: { unified: 'stop', raw: 'stop' },
  usage,
  servedBy: { provider: 'two', model: 'b' },
};
const finish: LlmStreamEvent = { kind: 'finish', response };

/** A stream of these events, which then ends or breaks. */
function stream(events: readonly LlmStreamEvent[], broken: Error | null = null): OpenStream {
  const { promise: ended, resolve } = Promise.withResolvers<AttemptEnd>();
  async function* play(): AsyncGenerator<LlmStreamEvent> {
    yield* events;
    resolve({ outcome: broken === null ? 'ok' : FAILURE.llmUnavailable, usage: null });
    if (broken !== null) throw broken;
  }
  return { events: play(), ended };
}

async function collect(streams: Readonly<Record<string, OpenStream>>) {
  const results: (CallResult & { id: string })[] = [];
  const breakers = {
    admit: async ({ name }: { name: string }) =>
      ({
        kind: 'admitted',
        probe: false,
        ended: async (result: CallResult) => void results.push({ ...result, id: name }),
      }) as const,
  };
  const { deps, switches } = chainDeps(routes, { breakers });
  const events: LlmStreamEvent[] = [];
  let error: unknown = null;
  try {
    const ranked = routes.map((one) => ({ route: one, score: null, why: 'x' }));
    const call = {
      tenantId: DEFAULT_TENANT_ID,
      preset: 'configured',
      ranking: { ranked, excluded: [] },
      tokens: 1,
      signal: new AbortController().signal,
    };
    for await (const event of streamChain(
      deps,
      call,
      async ({ id }) => streams[id] as OpenStream,
    )) {
      events.push(event);
    }
  } catch (thrown) {
    error = thrown;
  }
  await Promise.resolve();
  return { events, error, switches, outcomes: results.map(({ id, outcome }) => [id, outcome]) };
}

describe('streamChain', () => {
  it('breaks after text → a restart, then the other route from its beginning, both in the record', async () => {
    const lost = failure(FAILURE.llmUnavailable);
    const { events, error, switches, outcomes } = await collect({
      'one/a': stream([text('ha')], lost),
      'two/b': stream([text('whole'), finish]),
    });
    expect(error).toBeNull();
    expect(events.slice(0, 3)).toEqual([
      text('ha'),
      { kind: 'restart', why: lost.message },
      text('whole'),
    ]);
    const last = events.at(-1);
    const routing = last?.kind === 'finish' ? last.response.routing : null;
    expect(routing?.attempts.map((one) => [one.route, one.outcome])).toEqual([
      ['one/a', FAILURE.llmUnavailable],
      ['two/b', 'ok'],
    ]);
    expect(switches).toEqual([`one/a ${FAILURE.llmUnavailable}`]);
    expect(outcomes).toEqual([
      ['one/a', 'failed'],
      ['two/b', 'ok'],
    ]);
  });

  it('breaks after a tool call has begun → the error, nobody else is asked', async () => {
    const lost = failure(FAILURE.llmUnavailable);
    const { events, error } = await collect({
      'one/a': stream([callBegins], lost),
      'two/b': stream([finish]),
    });
    expect(events).toEqual([callBegins]);
    expect(error).toBe(lost);
  });

  it('the request itself is wrong, or no route is left → the error', async () => {
    const wrong = failure(FAILURE.llmBadRequest);
    expect((await collect({ 'one/a': stream([text('h')], wrong) })).error).toBe(wrong);
    const lost = failure(FAILURE.llmUnavailable);
    const both = await collect({
      'one/a': stream([text('h')], lost),
      'two/b': stream([text('w')], lost),
    });
    expect(both.error).toBe(lost);
    expect(both.events.map(({ kind }) => kind)).toEqual(['text', 'restart', 'text']);
  });

  it('goes through → its events as they are, the breaker told once at the end', async () => {
    const { events, outcomes } = await collect({ 'one/a': stream([text('whole'), finish]) });
    expect(events.map(({ kind }) => kind)).toEqual(['text', 'finish']);
    expect(outcomes).toEqual([['one/a', 'ok']]);
  });
});
