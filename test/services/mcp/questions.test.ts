// Proves what a server of either era learns when its tool asks a person: a real server over stdio that
// writes down what it gets, and calls whose person is a function.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answersOf } from '../../../common/answers-of.ts';
import type { JsonObject } from '../../../common/json.ts';
import type { ToolAnswer, ToolQuestion } from '../../../common/tool-question.ts';
import type { McpConnections } from '../../../services/mcp/connections.ts';
import { createMcpConnections } from '../../../services/mcp/connections.ts';
import type { McpAsking, McpAsks } from '../../../services/mcp/mcp-call.ts';
import type { McpTarget } from '../../../services/mcp/mcp-target.ts';
import { callOf, nodeServer, silent, targetOf } from '../../support/fake-mcp-target.ts';

const SERVER = join(import.meta.dirname, '../../support/asking-server.mjs');
const FIRST: McpAsking = { ask: null, answers: null, state: null };

let folder: string;
let connections: McpConnections;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostinato-questions-'));
  connections = createMcpConnections({ log: silent, env: process.env, asksPeople: true });
});
afterEach(async () => {
  await connections.close();
  await rm(folder, { recursive: true, force: true });
});

function server(protocol: McpTarget['protocol']): McpTarget {
  return targetOf('asking', nodeServer(SERVER, join(folder, 'journal')), { protocol });
}

async function journal(): Promise<readonly JsonObject[]> {
  const text = await readFile(join(folder, 'journal'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);
}

function asked(outcome: object): McpAsks {
  expect(outcome).toHaveProperty('questions');
  return outcome as McpAsks;
}

describe('a server of the newer era', () => {
  const target = (): McpTarget => server('2026-07-28');

  it('asks → the questions are the outcome; answered → it gets them with its own state', async () => {
    const call = callOf('book', { city: 'Oslo' });
    const asks = asked(await connections.call(target(), { ...call, asking: FIRST }));
    expect(asks.questions).toMatchObject([
      { name: 'seats', mode: 'form', message: 'How many to Oslo?' },
    ]);
    expect(asks.state).toHaveLength(10);
    const answers = answersOf(asks.questions, { seats: 2 });
    const asking = { ...FIRST, answers, state: asks.state };
    const answer = await connections.call(target(), { ...call, asking });
    expect(answer).toMatchObject({
      isError: false,
      structured: { booked: '{"window":true,"class":"second","seats":2}' },
    });
    expect(await journal()).toMatchObject([
      { state: 0 },
      { state: 10, inputResponses: { seats: { action: 'accept' } } },
    ]);
  });

  it('asks in a call in which nobody can be asked → fails before it acts, saying what to do', async () => {
    const call = connections.call(target(), callOf('book', { city: 'Oslo' }));
    await expect(call).rejects.toMatchObject({
      type: 'Tool.BadAnswer',
      sent: false,
      retry: { allowed: false },
      message: expect.stringContaining('"onQuestion" at "ask"') as string,
    });
  });

  it('asks for a link → it is told that the person was there', async () => {
    const call = callOf('pay');
    const { questions } = asked(await connections.call(target(), { ...call, asking: FIRST }));
    expect(questions).toEqual([
      { name: 'paid', mode: 'url', message: 'Pay there.', url: 'https://pay.example/1' },
    ]);
    const asking = { ...FIRST, answers: answersOf(questions, {}) };
    expect(await connections.call(target(), { ...call, asking })).toMatchObject({
      content: [{ text: '{"paid":{"action":"accept"}}' }],
    });
  });
});

describe('a server of the older era', () => {
  const target = (): McpTarget => server('2025-11-25');
  const calling = (ask: (question: ToolQuestion) => Promise<ToolAnswer>, timeoutMs = 10_000) =>
    connections.call(target(), {
      ...callOf('book', { city: 'Rome' }, { timeoutMs }),
      asking: { ...FIRST, ask },
    });

  it('asks in the middle of the call → the answer reaches it with defaults, and the call goes on', async () => {
    const questions: ToolQuestion[] = [];
    const answer = await calling(async (question) => {
      questions.push(question);
      return answersOf([question], { seats: 3 })[question.name] ?? { action: 'cancel' };
    });
    expect(questions).toMatchObject([{ mode: 'form', message: 'How many to Rome?' }]);
    expect(answer).toMatchObject({
      structured: { booked: '{"window":true,"class":"second","seats":3}' },
    });
  });

  it('a person takes longer than the server may be silent → the call waits for them', async () => {
    const answer = await calling(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return { action: 'decline' };
    }, 1_000);
    expect(answer).toMatchObject({ structured: { booked: 'nothing' } });
  }, 20_000);

  it('asks where nobody can be asked, or in one of several calls → cancelled, and it goes on', async () => {
    const nobody = await connections.call(target(), callOf('book', { city: 'Rome' }));
    expect(nobody.structured).toEqual({ booked: 'nothing' });
    let others = 0;
    const ask = async (): Promise<ToolAnswer> => {
      others += 1;
      return { action: 'decline' };
    };
    const both = await Promise.all([calling(ask), calling(ask)]);
    expect(both).toMatchObject([
      { structured: { booked: 'nothing' } },
      { structured: { booked: 'nothing' } },
    ]);
    expect(others).toBeLessThanOrEqual(1);
  });

  it('it was not told that people can be asked → it does not ask', async () => {
    const deaf = createMcpConnections({ log: silent, env: process.env });
    try {
      const answer = await deaf.call(target(), callOf('book', { city: 'Rome' }));
      expect(answer.isError).toBe(true);
    } finally {
      await deaf.close();
    }
  });
});
