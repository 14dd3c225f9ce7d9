// Proves the cascade: the cheapest is asked first, an answer that is not valid goes to a dearer one within
// one budget of attempts, all that was used is counted, and every step is explained. The chain is real;
// the providers are functions.
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { LlmRequest, LlmResponse } from '../../../common/llm.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { runChain } from '../../../services/llm/attempt-chain.ts';
import type { AttemptRecord } from '../../../services/llm/attempt-chain.ts';
import { cascade } from '../../../services/llm/cascade.ts';
import { createAnswerCheck } from '../../../services/llm/check-answer.ts';
import { rankRoutes } from '../../../services/llm/router/rank-routes.ts';
import { chainDeps, failure, route } from './support.ts';

const prices: Readonly<Record<string, number>> = {
  'a/small': 0.001,
  'b/middle': 0.01,
  'c/large': 0.1,
};
const routes = [route('c/large'), route('a/small'), route('b/middle')];
const measures = ({ id }: { id: string }) => ({ callUsd: prices[id] ?? null, latencyMs: null });
const needs = { can: [], contextTokens: 10, budgetUsd: null, allow: null };

const request: LlmRequest = {
  role: 'worker',
  messages: [{ from: 'user', text: 'q' }],
  tools: [],
  toolChoice: 'none',
  maxOutputTokens: 100,
  temperature: null,
  output: { name: 'answer', schema: { type: 'object', required: ['ok'] } },
};

function answer(id: string, text: string): LlmResponse {
  const [provider = '', model = ''] = id.split('/');
  return {
    parts: [{ kind: 'text', text }],
    finish: { unified: 'stop', raw: 'stop' },
    usage: {
      inputTokens: 10,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 1,
      reasoningTokens: 0,
      costUsd: prices[id] ?? null,
    },
    servedBy: { provider, model },
  };
}

/** Valid where it has an `ok`. */
const check = createAnswerCheck({
  validate: (_schema, value) =>
    Promise.resolve(
      'ok' in (value as object)
        ? []
        : [{ path: '', message: 'lacks "ok"', value: '{}', fault: 'value' } as never],
    ),
});

async function run(script: Readonly<Record<string, string | Error>>, escalate = 0) {
  const ended: AttemptRecord[] = [];
  const { deps } = chainDeps(routes, { onEnd: (end) => void ended.push(end) });
  const asked: string[] = [];
  const ranking = rankRoutes(routes, { ...needs, escalate }, { preset: 'cascade', measures });
  const call = {
    ...{ tenantId: DEFAULT_TENANT_ID, preset: 'cascade', ranking, tokens: 100 },
    signal: new AbortController().signal,
  };
  const response = await cascade({
    request,
    call,
    check,
    async send({ id }) {
      asked.push(id);
      const said = script[id] ?? '{"ok":1}';
      if (said instanceof Error) throw said;
      return answer(id, said);
    },
    run: (send) =>
      runChain(deps, { ...call, send, endOf: ({ usage }) => ({ outcome: 'ok', usage }) }),
  });
  return { asked, ended, response };
}

describe('cascade', () => {
  it('the cheapest answers well → nobody else is asked', async () => {
    const { asked, response } = await run({});
    expect(asked).toEqual(['a/small']);
    expect(response.usage.costUsd).toBe(0.001);
    expect(response.routing?.attempts).toMatchObject([{ route: 'a/small', outcome: 'ok' }]);
  });

  it('its answer is not valid → the next serves; both are paid, counted and explained', async () => {
    const { asked, ended, response } = await run({ 'a/small': '{}' });
    expect(asked).toEqual(['a/small', 'b/middle']);
    expect(response.usage.costUsd).toBeCloseTo(0.011, 9);
    expect(response.usage.inputTokens).toBe(20);
    expect(response.routing?.attempts).toMatchObject([
      {
        route: 'a/small',
        outcome: FAILURE.llmBadAnswer,
        why: expect.stringContaining('not valid') as string,
      },
      {
        route: 'b/middle',
        outcome: 'ok',
        why: expect.stringContaining('cascade: about $0.010') as string,
      },
    ]);
    expect(ended.map(({ route: { id }, outcome, usage }) => [id, outcome, usage?.costUsd])).toEqual(
      [
        ['a/small', FAILURE.llmBadAnswer, 0.001],
        ['b/middle', 'ok', 0.01],
      ],
    );
  });

  it('nobody answers well → the last answer is taken as it is', async () => {
    const { asked, response } = await run({ 'a/small': 'x', 'b/middle': '{}', 'c/large': '{}' });
    expect(asked).toEqual(['a/small', 'b/middle', 'c/large']);
    expect(response.servedBy.model).toBe('large');
    expect(response.usage.costUsd).toBeCloseTo(0.111, 9);
  });

  it('a bad answer, and the better ones are away → it is taken, and says so', async () => {
    const away = failure(FAILURE.llmUnavailable);
    const { response } = await run({ 'a/small': '{}', 'b/middle': away, 'c/large': away });
    expect(response.servedBy.model).toBe('small');
    expect(response.routing?.degraded).toEqual([
      'an answer that is not valid: no better model answered',
    ]);
    await expect(run({ 'a/small': away, 'b/middle': away, 'c/large': away })).rejects.toMatchObject(
      {
        type: FAILURE.llmUnavailable,
      },
    );
  });

  it('earlier answers were wrong → as many of the cheapest are passed over, but never all', async () => {
    const { asked, response } = await run({}, 1);
    expect(asked).toEqual(['b/middle']);
    expect(response.routing?.excluded).toMatchObject([{ route: 'a/small' }]);
    expect((await run({}, 9)).asked).toEqual(['c/large']);
  });
});

describe('createAnswerCheck', () => {
  const whole = answer('a/small', '{"ok":1}');
  const tool = { name: 'find', description: '', inputSchema: {} };
  const called = (name: string, args: object): LlmResponse => ({
    ...whole,
    parts: [{ kind: 'tool-call', callId: 'c', name, args: args as never }],
  });
  it.each<[string, Partial<LlmRequest>, LlmResponse, string | null]>([
    ['valid JSON', {}, whole, null],
    ['no JSON', {}, answer('a/small', 'Sure: {'), 'its text is not JSON.'],
    ['cut off', {}, { ...whole, finish: { unified: 'length', raw: 'x' } }, 'it was cut off.'],
    ['refused', {}, { ...whole, finish: { unified: 'refusal', raw: 'x' } }, 'the model refused.'],
    ['no call where one is wanted', { toolChoice: 'required' }, whole, 'it calls no tool.'],
    ['a tool that is not there', { tools: [tool] }, called('fnd', {}), 'it calls "fnd"'],
    ['arguments that do not fit', { tools: [tool] }, called('find', {}), 'its arguments for find'],
    ['a good call', { tools: [tool] }, called('find', { ok: 1 }), null],
  ])('%s → judged', async (_name, over, given, problem) => {
    const said = await check({ ...request, ...over }, given);
    if (problem === null) expect(said).toBeNull();
    else expect(said).toContain(problem);
  });
});
