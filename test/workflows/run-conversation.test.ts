// Proves that a backend that keeps nothing can hold a conversation: real Temporal server, real
// workflows, a planner that says back what it was told, and a store of conversations in memory.
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { WorkerActivities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { listRuns, runHandle, sendMessage, startAgent } from '../../client/index.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { AgentResult, PlanGoalInput, PlanGoalResult } from '../../common/agent.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { sendMessageUpdate } from '../../workflows/definitions.ts';
import { plan, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const asked: PlanGoalInput[] = [];
const heads = new Map<string, number>();
let hold: Promise<void> = Promise.resolve();

const activities = {
  callTool: async () => textResult('done'),
  checkPlan: async () => plan(),
  checkArguments: async () => undefined,
  keepResult: async ({ result }) => result,
  findConversation: async ({ conversationId }) => ({
    conversationId,
    headVersion: heads.get(conversationId) ?? 0,
  }),
  planGoal: async (input): Promise<PlanGoalResult> => {
    asked.push(input);
    await hold;
    const { conversationId, headVersion } = input.conversation;
    heads.set(conversationId, headVersion + 2);
    return {
      kind: 'answer',
      answer: `You said: ${input.goal}`,
      planner: { kind: 'model', provider: 'fake', model: 'fake-1' },
      conversation: { conversationId, headVersion: headVersion + 2 },
      usage: NO_USAGE,
      toolsConsidered: [],
    };
  },
} satisfies WorkerActivities;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  asked.length = 0;
  hold = Promise.resolve();
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

describe('messages of a conversation', () => {
  it('the first begins it, the next goes on from what was said', async () => {
    const conversationId = ulid();
    const first = await sendMessage(ostinato, { conversationId, text: 'hello' });
    expect(await first.result()).toMatchObject({ answer: 'You said: hello' });
    const second = await sendMessage(ostinato, { conversationId, text: 'and again' });
    expect(await second.result()).toMatchObject({ answer: 'You said: and again' });
    const ofBoth = [first.runId, second.runId];
    const listed = await waitFor('both messages in the list of runs', async () => {
      const runs = await listRuns(ostinato);
      return ofBoth.every((id) => runs.some(({ runId }) => runId === id)) ? runs : null;
    });
    // The conversation itself is no run.
    expect(listed.filter(({ workflowId }) => !workflowId.includes(':run:'))).toEqual([]);
    expect(asked.map(({ conversation }) => conversation)).toEqual([
      { conversationId, headVersion: 0 },
      { conversationId, headVersion: 2 },
    ]);
  });

  it('sent while one is being answered → answered after it, in order', async () => {
    let open = (): void => undefined;
    hold = new Promise((resolve) => (open = resolve));
    const conversationId = ulid();
    const runs = [];
    for (const text of ['one', 'two', 'three']) {
      runs.push(await sendMessage(ostinato, { conversationId, text }));
    }
    await waitFor('the first', () => asked.length === 1);
    open();
    const results = await Promise.all(runs.map((run) => run.result()));
    expect(results.map((result) => 'answer' in result && result.answer)).toEqual([
      'You said: one',
      'You said: two',
      'You said: three',
    ]);
    expect(asked.map(({ conversation }) => conversation.headVersion)).toEqual([0, 2, 4]);
  });

  it('the same message id again → answered once, found by its id alone', async () => {
    const message = { conversationId: ulid(), messageId: ulid(), text: 'only once' };
    await sendMessage(ostinato, message);
    await (await sendMessage(ostinato, message)).result();
    const found = await runHandle<AgentResult>(ostinato, message.messageId).result();
    expect(found).toMatchObject({ answer: 'You said: only once' });
    expect(asked).toHaveLength(1);
  });

  it('a message id that another conversation or a run has → refused, and its answer not given away', async () => {
    const [messageId, text] = [ulid(), 'a secret'];
    const first = await sendMessage(ostinato, { conversationId: ulid(), messageId, text });
    await first.result();
    const other = { conversationId: ulid(), messageId, text };
    await expect(sendMessage(ostinato, other)).rejects.toMatchObject({ code: 'conflict' });
    const run = await startAgent(ostinato, { goal: 'alone', runId: ulid() });
    const taken = { conversationId: ulid(), messageId: run.runId, text: 'alone' };
    await expect(sendMessage(ostinato, taken)).rejects.toMatchObject({ code: 'conflict' });
    await run.result();
  });

  it('two conversations begin with one message id at once → one has the answer, the other learns that it has none', async () => {
    const messageId = ulid();
    let open = (): void => undefined;
    hold = new Promise((resolve) => (open = resolve));
    const texts = ['mine', 'yours'];
    // A first message holds the conversations until both have taken the second.
    const ids = texts.map(() => ulid());
    for (const conversationId of ids) await sendMessage(ostinato, { conversationId, text: 'hi' });
    const runs = await Promise.all(
      ids.map((conversationId, at) =>
        sendMessage(ostinato, { conversationId, messageId, text: texts[at] ?? '' }),
      ),
    );
    open();
    const ends = await Promise.allSettled(runs.map((run) => run.result()));
    const answers = ends.flatMap((end, at) =>
      end.status === 'fulfilled' ? [[texts[at], 'answer' in end.value && end.value.answer]] : [],
    );
    expect(answers).toHaveLength(1);
    expect(answers[0]?.[1]).toBe(`You said: ${answers[0]?.[0]}`);
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'conflict' },
    });
  });

  it('the same message id with another text → refused', async () => {
    const message = { conversationId: ulid(), messageId: ulid(), text: 'this' };
    await (await sendMessage(ostinato, message)).result();
    const changed = sendMessage(ostinato, { ...message, text: 'that' });
    await expect(changed).rejects.toMatchObject({ code: 'conflict' });
  });

  it('the same message id with another text while the first waits or is being answered → refused', async () => {
    const held = Promise.withResolvers<void>();
    hold = held.promise;
    onTestFinished(() => held.resolve());
    const conversationId = ulid();
    const messages = ['first', 'waits'].map((text) => ({
      conversationId,
      messageId: ulid(),
      text,
    }));
    const runs = [];
    for (const message of messages) runs.push(await sendMessage(ostinato, message));
    await waitFor('the first to be answered', () => asked.length === 1);
    for (const message of messages) {
      await expect(sendMessage(ostinato, { ...message, text: 'other' })).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('was another text') as string,
      });
      expect((await sendMessage(ostinato, message)).runId).toBe(message.messageId);
    }
    held.resolve();
    await Promise.all(runs.map((run) => run.result()));
    expect(asked.map(({ goal }) => goal)).toEqual(['first', 'waits']);
  });

  it('another tenant, or no text → refused', async () => {
    const conversationId = ulid();
    await (await sendMessage(ostinato, { conversationId, text: 'hello' })).result();
    const handle = ostinato.temporal.workflow.getHandle(`t:default:conversation:${conversationId}`);
    const foreign = { tenantId: 'other', actor: 'eve', messageId: 'm1', text: 'hi' };
    await expect(
      handle.executeUpdate(sendMessageUpdate, { args: [foreign] }),
    ).rejects.toMatchObject({
      cause: { message: expect.stringContaining('no conversation of tenant "other"') as string },
    });
    await expect(sendMessage(ostinato, { conversationId, text: ' ' })).rejects.toMatchObject({
      code: 'bad-input',
    });
  });
});
