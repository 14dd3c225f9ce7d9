// Proves that the model planner keeps its prompts within a budget over a long run: it compacts, drops
// tools that are no longer used, lets the model read on in results that were cut, shortens a prompt
// that was too long and asks again, and does all of it alike on a second attempt.
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { PlanGoalInput, PlanGoalResult } from '../../../common/agent.ts';
import type { JsonObject } from '../../../common/json.ts';
import type { LlmPart, LlmRequest, LlmResponse } from '../../../common/llm.ts';
import { toolsTokens, messagesTokens } from '../../../services/context/message-tokens.ts';
import { ServiceError } from '../../../services/errors.ts';
import type { ContextSettings } from '../../../services/planner/model-planner.ts';
import { createModelPlanner } from '../../../services/planner/model-planner.ts';
import { ajvValidator } from './support/ajv-validator.ts';
import { memoryConversations } from './support/conversations.ts';
import { goalInput, observation } from './support/goal-input.ts';
import { lexicalIndex } from './support/lexical-index.ts';
import { memoryArtifacts } from './support/memory-artifacts.ts';
import { fixedRegistry, registeredTool } from './support/tools.ts';

const GOAL = 'read all the files and count the words';
const path = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
const tools = [
  registeredTool('files/read_file', { description: 'Reads a file', inputSchema: path }),
  registeredTool('files/count_words', { description: 'Counts words of a file', inputSchema: path }),
];
const USAGE = {
  ...{ inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 },
  ...{ reasoningTokens: 0, costUsd: 0.01 },
};

let calls = 0;
const call = (name: string, args: JsonObject): LlmPart => {
  calls += 1;
  return { kind: 'tool-call', callId: `call-${calls}`, name, args };
};
const plan = (id: string) =>
  call('make_plan', { steps: [{ id, tool: 'files__read_file', args: { path: `${id}.md` } }] });
const say = (text: string): LlmPart => ({ kind: 'text', text });

type Model = (request: LlmRequest, asked: number) => readonly LlmPart[];

function setUp(model: Model, context: Partial<ContextSettings> = {}) {
  const requests: LlmRequest[] = [];
  const uses: NonNullable<PlanGoalResult['context']>[] = [];
  const gateway = {
    configured: () => ({ provider: 'acme', model: 'large' }),
    complete: async (request: LlmRequest): Promise<LlmResponse> => {
      requests.push(structuredClone(request));
      const parts = model(request, requests.length);
      const finish = { unified: 'stop', raw: 'stop' } as const;
      return { parts, finish, usage: USAGE, servedBy: { provider: 'acme', model: 'large' } };
    },
  };
  const streamed = {
    ...gateway,
    stream: () => {
      throw new Error('nobody watches');
    },
  };
  const conversations = memoryConversations();
  const artifacts = memoryArtifacts();
  const planner = createModelPlanner({
    ...{ gateway: streamed, conversations, artifacts },
    index: lexicalIndex(tools),
    registry: fixedRegistry(tools),
    validator: ajvValidator(),
    context: { promptTokens: 8_000, windowTokens: null, summaries: 'rules', ...context },
    metrics: { contextUse: (use) => uses.push(use) },
    log: pino({ level: 'silent' }),
  });
  const decide = (changes: Partial<PlanGoalInput> = {}) =>
    planner.decide(goalInput(GOAL, changes), new AbortController().signal);
  return { decide, requests, uses, conversations, artifacts };
}

const words = (turn: number) =>
  `file ${turn} begins. ${`word${turn} `.repeat(600)} file ${turn} ends.`;

/** Turns of a run in which each plan brings a result of about 1,800 tokens. */
async function run({ decide }: ReturnType<typeof setUp>, turns: number): Promise<PlanGoalResult> {
  let last = await decide();
  for (let turn = 2; turn <= turns; turn += 1) {
    last = await decide({
      turn,
      conversation: last.conversation,
      observations: [observation(`r${turn}`, words(turn))],
    });
  }
  return last;
}

const sizeOf = (request: LlmRequest | undefined) =>
  request === undefined ? 0 : messagesTokens(request.messages) + toolsTokens(request.tools);
const textOf = (request: LlmRequest | undefined) => JSON.stringify(request?.messages);

describe('a long run', () => {
  it('20 plans with long results → every prompt within its budget; goal and newest result are there', async () => {
    const at = setUp((_, asked) => [plan(`s${asked}`)]);
    await run(at, 20);
    expect(at.requests).toHaveLength(20);
    for (const request of at.requests) expect(sizeOf(request)).toBeLessThan(8_000);
    expect(textOf(at.requests.at(-1))).toContain(GOAL);
    expect(textOf(at.requests.at(-1))).toContain('file 20 ends.');
    const saved = at.uses.reduce((sum, use) => sum + use.saved.history, 0);
    expect(at.uses.reduce((sum, use) => sum + use.compactions, 0)).toBeGreaterThan(2);
    expect(saved).toBeGreaterThan(5_000);
  });

  it('between compactions → what was sent is sent again, byte for byte', async () => {
    const at = setUp((_, asked) => [plan(`s${asked}`)]);
    await run(at, 12);
    const continued = at.requests.filter((request, turn) => {
      const before = at.requests[turn - 1]?.messages ?? [];
      return JSON.stringify(request.messages.slice(0, before.length)) === JSON.stringify(before);
    });
    const compactions = at.uses.reduce((sum, use) => sum + use.compactions, 0);
    expect(continued).toHaveLength(12 - compactions);
  });

  it('tools that three plans did not use → no longer listed; the used one is', async () => {
    const at = setUp((_, asked) => [plan(`s${asked}`)]);
    await run(at, 20);
    expect(textOf(at.requests[0])).toContain('files__count_words(');
    expect(textOf(at.requests.at(-1))).not.toContain('files__count_words(');
    expect(textOf(at.requests.at(-1))).toContain('files__read_file(');
  });

  it('summaries by the model → its words are sent on, its call is paid by the turn', async () => {
    const isSummary = ({ tools: offered }: LlmRequest) => offered.length === 0;
    const model: Model = (request, asked) =>
      isSummary(request) ? [say('So far s1 was read.')] : [plan(`s${asked}`)];
    const at = setUp(model, { summaries: 'model' });
    const last = await run(at, 8);
    const summaries = at.requests.filter(isSummary);
    expect(summaries.length).toBeGreaterThan(0);
    expect(textOf(summaries[0])).toContain('file 2 begins.');
    expect(textOf(at.requests.at(-1))).toContain('So far s1 was read.');
    const asked = at.requests.length;
    const next = await at.decide({
      turn: 9,
      conversation: last.conversation,
      observations: [observation('r9', words(9).repeat(2))],
    });
    expect(next.usage.inputTokens).toBe(at.requests.length - asked);
  });

  it('the model fails to summarise → rules do it, and the turn goes on', async () => {
    const model: Model = (request, asked) => {
      if (request.tools.length === 0) throw new Error('overloaded');
      return [plan(`s${asked}`)];
    };
    const at = setUp(model, { summaries: 'model' });
    await run(at, 8);
    expect(textOf(at.requests.at(-1))).toContain('Model called make_plan');
  });
});

describe('a second attempt at a turn that compacted', () => {
  it('the first one wrote it down and was lost → the same decision, no model, no second summary', async () => {
    const at = setUp((_, asked) => [plan(`s${asked}`)]);
    let last = await run(at, 3);
    for (let turn = 4; turn < 9; turn += 1) {
      const input = {
        turn,
        conversation: last.conversation,
        observations: [observation(`r${turn}`, words(turn))],
      };
      last = await at.decide(input);
      const asked = at.requests.length;
      const again = await at.decide(input);
      expect(at.requests).toHaveLength(asked);
      expect(again.conversation).toEqual(last.conversation);
      expect(again).toMatchObject({ kind: 'plan' });
      expect(again.context?.compactions).toBe(last.context?.compactions);
    }
    expect(at.uses.some(({ compactions }) => compactions > 0)).toBe(true);
  });
});

describe('a prompt that is too long for the model', () => {
  const tooLong = () => {
    throw new ServiceError('Llm.ContextTooLong', 'maximum context length is 6000 tokens');
  };

  it('on a later turn → compacted to half and asked once more', async () => {
    const model: Model = (request, asked) =>
      sizeOf(request) > 6_000 ? tooLong() : [plan(`s${asked}`)];
    const at = setUp(model, { promptTokens: 30_000 });
    const last = await run(at, 8);
    expect(last.kind).toBe('plan');
    const refused = at.requests.filter((request) => sizeOf(request) > 6_000);
    expect(refused.length).toBeGreaterThan(0);
    expect(textOf(at.requests.at(-1))).toContain(GOAL);
    expect(at.uses.some(({ compactions }) => compactions > 0)).toBe(true);
  });

  it('a second attempt after that → the same decision', async () => {
    const model: Model = (request, asked) =>
      sizeOf(request) > 6_000 ? tooLong() : [plan(`s${asked}`)];
    const at = setUp(model, { promptTokens: 30_000 });
    let last = await at.decide();
    for (let turn = 2; turn <= 6; turn += 1) {
      const observations = [observation(`r${turn}`, words(turn))];
      const input = { turn, conversation: last.conversation, observations };
      last = await at.decide(input);
      expect((await at.decide(input)).conversation).toEqual(last.conversation);
    }
  });

  it('long again → the provider’s words, after two calls', async () => {
    const at = setUp(tooLong, { promptTokens: 30_000 });
    const observations = [observation('r', words(1).repeat(3))];
    await expect(at.decide({ turn: 2, observations })).rejects.toMatchObject({
      type: 'Llm.ContextTooLong',
    });
    expect(at.requests).toHaveLength(2);
  });

  it('nothing to shorten → not asked again', async () => {
    const at = setUp(tooLong, { promptTokens: 30_000 });
    await expect(at.decide()).rejects.toMatchObject({ type: 'Llm.ContextTooLong' });
    expect(at.requests).toHaveLength(1);
  });
});

describe('reading on in a result that was cut', () => {
  const rows = Array.from({ length: 4_000 }, (_, at) => `row ${at} has ${at * 3}`).join('\n');
  const idIn = (request: LlmRequest) =>
    /artifact ([0-9a-f]{16}),/.exec(textOf(request) ?? '')?.[1] ?? '';

  it('read_artifact → the part between marks; wrong ids and too many readings → told why', async () => {
    const script: ((request: LlmRequest) => readonly LlmPart[])[] = [
      (request) => [call('read_artifact', { id: idIn(request), find: 'row 2000 ' })],
      (request) => [call('read_artifact', { id: idIn(request), offset: 30_000, limit: 100 })],
      () => [call('read_artifact', { id: 'f'.repeat(16) })],
      () => [call('read_artifact', { id: 'report.txt' })],
      ...Array.from({ length: 3 }, () => (request: LlmRequest) => [
        call('read_artifact', { id: idIn(request) }),
      ]),
      () => [say('It has 6000.')],
    ];
    const at = setUp((request, asked) => script[asked - 1]?.(request) ?? []);
    const decision = await at.decide({ turn: 2, observations: [observation('rows', rows)] });
    expect(decision).toMatchObject({ kind: 'answer', answer: 'It has 6000.' });
    const told = at.requests
      .at(-1)
      ?.messages.flatMap((message) =>
        message.from === 'tool' && message.name === 'read_artifact' ? [message.text] : [],
      );
    expect(told?.[0]).toMatch(/has it here:\n--- artifact: data [^]*row 2000 has 6000/);
    expect(told?.[1]).toMatch(/characters 30000 to 30100 of \d+ \(more from offset 30100\)/);
    expect(told?.[2]).toContain('There is no artifact "ffffffffffffffff"');
    expect(told?.[3]).toContain('is no artifact id');
    expect(told?.[6]).toContain('6 pieces are allowed');
    expect(decision.context?.sent.results).toBeGreaterThan(0);
  });
});
