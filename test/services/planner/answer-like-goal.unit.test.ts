// Proves what of an agent's turns is answered by an earlier answer, where that was asked for: first
// turns alone, answers in words alone, one tenant's alone. The cache is the real one; its embedder
// counts letters, and the model is scripted.
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { ConversationId } from '../../../common/conversation.ts';
import type { PlanGoalInput } from '../../../common/agent.ts';
import type { LiveEvent } from '../../../common/live-event.ts';
import type { LlmPart } from '../../../common/llm.ts';
import type { TenantId } from '../../../common/tenant.ts';
import { createSemanticCache } from '../../../services/cache/semantic/semantic-cache.ts';
import { isWholeAnswer, textOf } from '../../../services/llm/cache/cacheable-request.ts';
import { createModelPlanner } from '../../../services/planner/model-planner.ts';
import { createLiveWriter } from '../../../services/streams/live-writer.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import { goalInput } from './support/goal-input.ts';
import { plan, read, setUp, text } from './support/scripted-planner.ts';

const DIMENSIONS = 26;
const FROM = { source: 'turn:1', attempt: 1 };

/** As many of each letter as there are, at length one. */
function letters(words: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  for (const letter of words.toLowerCase()) {
    const at = letter.charCodeAt(0) - 97;
    if (at >= 0 && at < DIMENSIONS) vector[at] = (vector[at] ?? 0) + 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

function remembering(...script: (readonly LlmPart[])[]) {
  const { deps, requests } = setUp(...script);
  const goalAnswers = createSemanticCache({
    embedder: {
      id: 'letters',
      dimensions: DIMENSIONS,
      embed: (texts: readonly string[]) => Promise.resolve(texts.map(letters)),
      close: () => Promise.resolve(),
    },
    alike: (a, b) => textOf(a) === textOf(b),
    keep: isWholeAnswer,
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
  });
  const planner = createModelPlanner({ ...deps, goalAnswers });
  let conversations = 0;
  return {
    requests,
    /** In a conversation of its own, unless `changes` name one. */
    async decide(goal: string, changes: Partial<PlanGoalInput> = {}, live?: LiveEvent[]) {
      conversations += 1;
      const conversationId = `c${conversations}` as ConversationId;
      const input = goalInput(goal, {
        conversation: { conversationId, headVersion: 0 },
        ...changes,
      });
      const writer = live && createLiveWriter((event) => void live.push(event), FROM);
      const decision = await planner.decide(input, new AbortController().signal, writer);
      writer?.end();
      return decision;
    },
  };
}

describe('a goal that an agent has answered in words', () => {
  it('→ answered again without a model: nothing used, said why, its words told as they come', async () => {
    const { decide, requests } = remembering([text('A fugue is a form.')]);
    await decide('What is a fugue?');
    const live: LiveEvent[] = [];
    const again = await decide('What is a fugue?', {}, live);
    expect(requests).toHaveLength(1);
    expect(again).toMatchObject({
      kind: 'answer',
      answer: 'A fugue is a form.',
      usage: { inputTokens: 0, outputTokens: 0, costUsd: 0 },
      routing: [{ attempts: [{ why: expect.stringContaining('OSTINATO_ANSWER_CACHE_TURNS') }] }],
    });
    expect(JSON.stringify(live)).toContain('A fugue is a form.');
  });

  it('another question, another tenant, or a later turn → the model', async () => {
    const { decide, requests } = remembering(
      ...['It is 4.', 'It is 8.', 'It is 4, too.', 'As I said.'].map((words) => [text(words)]),
    );
    const first = await decide('What is 2 + 2?');
    expect(await decide('What is 4 + 4?')).toMatchObject({ answer: 'It is 8.' });
    const tenant = { tenantId: 'other' as TenantId, actor: 'test', scopes: [] };
    expect(await decide('What is 2 + 2?', { tenant })).toMatchObject({ answer: 'It is 4, too.' });
    const later = { conversation: first.conversation, messages: ['What is 2 + 2?'] };
    expect(await decide('What is 2 + 2?', later)).toMatchObject({ answer: 'As I said.' });
    expect(requests).toHaveLength(4);
  });

  it('a goal too long to be compared → the model', async () => {
    const { decide, requests } = remembering([text('one')], [text('two')]);
    const goal = 'Tell me all of it. '.repeat(30);
    await decide(goal);
    expect(await decide(goal)).toMatchObject({ answer: 'two' });
    expect(requests).toHaveLength(2);
  });
});

describe('a goal that was planned', () => {
  it('→ planned anew', async () => {
    const { decide, requests } = remembering([plan(read('a'))], [plan(read('b'))]);
    expect(await decide('read a.md')).toMatchObject({ kind: 'plan' });
    expect(await decide('read a.md')).toMatchObject({ kind: 'plan' });
    expect(requests).toHaveLength(2);
  });
});
