// Proves that what a tool asks reaches a person by way of its run, and the answer the tool: real
// Temporal server, real workflows with a worker cache so small that they are replayed while they wait,
// the real activity on tools that are functions.
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCallTool } from '../../activities/call-tool.ts';
import type { WorkerActivities } from '../../activities/index.ts';
import type {
  OstinatoConnection,
  PendingInRun,
  RunHandle,
  RunPlanResult,
  RunPolicy,
} from '../../client/index.ts';
import { decide, listPending, runHandle, runPlan } from '../../client/index.ts';
import { runAttributes, workflowIdOf } from '../../client/start-run.ts';
import type { Plan, PlanStep } from '../../common/plan.ts';
import { resultText } from '../../common/result-value.ts';
import type { CallToolInput, ToolId, ToolResult } from '../../common/tool.ts';
import type { ToolAnswer, ToolQuestion } from '../../common/tool-question.ts';
import { ToolAsked } from '../../services/tools/tool-asked.ts';
import type { ToolCallContext } from '../../services/tools/tool-caller.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { decideUpdate } from '../../workflows/definitions.ts';
import { after, LIMITS, literal, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

const SEATS: ToolQuestion = {
  name: 'seats',
  mode: 'form',
  message: 'How many?',
  schema: {
    type: 'object',
    properties: {
      seats: { type: 'integer', minimum: 1, maximum: 9 },
      window: { type: 'boolean', default: true },
    },
    required: ['seats'],
  },
};
const STATE = 'the state of the server';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const calls: CallToolInput[] = [];

/** `first/…` asks in place of an answer, `always/…` does so every time, `during/…` in the middle. */
async function call(input: CallToolInput, context: ToolCallContext): Promise<ToolResult> {
  calls.push(input);
  const [how = ''] = input.tool.split('/');
  const asks = how === 'always' || (how === 'first' && input.answered === undefined);
  if (asks) throw new ToolAsked(input.tool, { questions: [SEATS], state: STATE });
  if (how !== 'during') return textResult(JSON.stringify(input.answered ?? 'not asked'));
  const asked = context.ask?.(SEATS) ?? Promise.resolve<ToolAnswer>({ action: 'cancel' });
  const ends = new Promise<ToolAnswer>((resolve) => {
    if (input.args['waits'] === 'no') resolve({ action: 'cancel' });
  });
  const answer = await Promise.race([asked, ends]);
  return textResult(JSON.stringify(answer));
}

const activities = {
  callTool: createCallTool({ tools: { call } }),
  checkPlan: async () => plan(),
  checkArguments: async () => undefined,
  keepResult: async ({ result }) => result,
} satisfies Partial<WorkerActivities>;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities as never, 1);
  ostinato = await connectTo(temporal.address);
});
beforeEach(() => {
  calls.length = 0;
});
afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

const asking = (how: string, given: Partial<PlanStep> = {}): PlanStep =>
  step('book', { tool: `${how}/book` as ToolId, effect: 'non-idempotent', ...given });

function start(checked: Plan, policy: RunPolicy = {}): Promise<RunHandle<RunPlanResult>> {
  const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
  return runPlan(ostinato, { plan: written, policy }, checked);
}

async function question({ runId }: Pick<RunHandle<unknown>, 'runId'>): Promise<PendingInRun> {
  let found: PendingInRun | undefined;
  await waitFor('the run to ask', async () => {
    found = (await listPending(ostinato)).find((each) => each.runId === runId);
    return found !== undefined;
  });
  return found as PendingInRun;
}

const textOf = ({ results }: RunPlanResult): string =>
  Object.values(results).map(resultText).join('\n');

describe('a tool that asks in place of an answer', () => {
  it('its question waits, with what it wants; answered → it is called again with that and its own state', async () => {
    const run = await start(plan(asking('first'), step('then', after('book'))));
    const { id, ...asked } = await question(run);
    expect(asked).toMatchObject({
      kind: 'question',
      tool: 'first/book',
      effect: 'non-idempotent',
      reason: 'first/book asks before it goes on.',
      questions: [SEATS],
    });
    await decide(ostinato, id, { verdict: 'answer', values: { seats: 2 } });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    const [first, second] = calls.filter(({ tool }) => tool === 'first/book');
    expect(first).toMatchObject({ mayAsk: true });
    expect(first).not.toHaveProperty('answered');
    expect(second).toMatchObject({
      idempotencyKey: first?.idempotencyKey,
      answered: {
        answers: { seats: { action: 'accept', content: { seats: 2, window: true } } },
        state: STATE,
      },
    });
    expect(calls).toHaveLength(3);
  });

  it.each([
    [{ verdict: 'answer', values: {} }, '"seats" is missing'],
    [{ verdict: 'answer', values: { seats: 12 } }, '"seats" takes a whole number 1 to 9'],
    [{ verdict: 'answer', values: { seats: 1, other: 1 } }, '"other" was not asked for'],
    [{ verdict: 'approve' }, 'is a question: answer it'],
  ] as const)('answered with %j → refused and it waits on', async (wrong, why) => {
    const run = await start(plan(asking('first')));
    const { id } = await question(run);
    await expect(decide(ostinato, id, wrong)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(why) as string,
    });
    await decide(ostinato, id, { verdict: 'answer', values: { seats: 1 } });
    await expect(
      decide(ostinato, id, { verdict: 'answer', values: { seats: 2 } }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/conflict|already-ended/) as string });
    expect(textOf(await run.result())).toContain('"seats":1');
  });

  it('answered by another tenant → refused by the run itself', async () => {
    const run = await start(plan(asking('first')));
    const { id } = await question(run);
    const request = {
      ...{ tenantId: 'other', actor: 'eve', id },
      decision: { verdict: 'answer', values: { seats: 1 } },
    } as const;
    const handle = ostinato.temporal.workflow.getHandle(run.workflowId);
    const foreign = handle.executeUpdate(decideUpdate, { args: [request] });
    await expect(foreign).rejects.toMatchObject({
      cause: { message: expect.stringContaining('not one of tenant "other"') as string },
    });
    await decide(ostinato, id, { verdict: 'deny', reason: 'never mind' });
    await run.result();
  });

  it.each([
    ['denied', {}],
    ['nobody answers in time', { approvalTimeoutMs: 1_000 }],
  ])(
    '%s → the tool is told that it was declined, and says what becomes of it',
    async (_, policy) => {
      const run = await start(plan(asking('first')), policy);
      if (!('approvalTimeoutMs' in policy)) {
        await decide(ostinato, (await question(run)).id, { verdict: 'deny', reason: 'no' });
      }
      expect(await run.result()).toMatchObject({ outcome: 'completed' });
      expect(calls.at(-1)?.answered?.answers).toEqual({ seats: { action: 'decline' } });
    },
  );

  it('the policy says that nobody is asked → the call says so, and is made once', async () => {
    const run = await start(plan(asking('plain')), { onQuestion: 'decline' });
    await run.result();
    expect(calls).toHaveLength(1);
    expect(calls[0]).not.toHaveProperty('mayAsk');
  });

  it('it never stops asking → the step fails after ten answers', async () => {
    const run = await start(plan(asking('always')), { approvalTimeoutMs: 1_000 });
    for (let round = 0; round < 10; round += 1) {
      await waitFor('the next call', () => calls.length > round);
      const { id } = await question(run);
      await decide(ostinato, id, { verdict: 'answer', values: { seats: 1 } });
    }
    expect((await run.result()).reason).toContain('asked 10 times');
    expect(calls).toHaveLength(11);
  }, 60_000);

  it('the worker is replaced while it waits → the answer still counts, and the tool is called twice in all', async () => {
    const run = await start(plan(asking('first')));
    const { id } = await question(run);
    await workers.stop();
    workers = await startWorkers(temporal.address, activities as never, 1);
    await decide(ostinato, id, { verdict: 'answer', values: { seats: 4 } });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(calls).toHaveLength(2);
  });

  it('an approved call with other arguments asks and the run continues as new → the same question, no second approval, those arguments', async () => {
    const runId = ulid();
    const chain = Array.from({ length: 15 }, (_, at) =>
      step(`s${at}`, at === 0 ? {} : after(`s${at - 1}`)),
    );
    const handle = await ostinato.temporal.workflow.start('runPlan', {
      workflowId: workflowIdOf(ostinato, runId),
      taskQueue: ONE_QUEUE.agent,
      args: [
        {
          ...{ tenant: ostinato.tenant, agent: 'test', queues: ONE_QUEUE, written: null },
          ...{ limits: { ...LIMITS, maxParallel: 2 }, leaveAfterEvents: 60 },
          policy: { approvals: [{ tool: 'first/*' }] },
          plan: plan(asking('first', { args: { city: literal('Oslo') } }), ...chain),
        },
      ],
      typedSearchAttributes: runAttributes(ostinato, 'test'),
    });
    const approval = await question({ runId });
    await decide(ostinato, approval.id, { verdict: 'approve', args: { city: 'Rome' } });
    await waitFor('the question', async () => (await question({ runId })).kind === 'question');
    const { id } = await question({ runId });
    await waitFor('the run to continue as new', async () => {
      const { runId: now } = await handle.describe();
      return now !== handle.firstExecutionRunId;
    });
    expect(await question({ runId })).toMatchObject({ id, kind: 'question' });
    await decide(ostinato, id, { verdict: 'answer', values: { seats: 5 } });
    const result = await runHandle<RunPlanResult>(ostinato, runId).result();
    expect(result.outcome).toBe('completed');
    const booked = calls.filter(({ tool }) => tool === 'first/book');
    expect(booked.map(({ args }) => args)).toEqual([{ city: 'Rome' }, { city: 'Rome' }]);
    expect(booked[1]?.answered?.state).toBe(STATE);
  }, 60_000);
});

describe('a tool that asks in the middle of its call', () => {
  it('answered → the answer reaches it, and it was called once', async () => {
    const run = await start(plan(asking('during')));
    const { id } = await question(run);
    const wrong = decide(ostinato, id, { verdict: 'answer', values: { seats: 0 } });
    await expect(wrong).rejects.toMatchObject({ code: 'conflict' });
    await decide(ostinato, id, { verdict: 'answer', values: { seats: 7 } });
    expect(textOf(await run.result())).toContain('"seats":7');
    expect(calls).toHaveLength(1);
  });

  it('the call ends meanwhile → nobody is asked any more', async () => {
    const slow = step('slow', { ...after('book'), tool: 'during/other' as ToolId });
    const run = await start(plan(asking('during', { args: { waits: literal('no') } }), slow));
    const { id, ...asked } = await question(run);
    expect(asked.step).toBe('slow');
    await decide(ostinato, id, { verdict: 'deny', reason: 'no' });
    expect(textOf(await run.result())).toContain('decline');
  });

  it('nobody answers before the call would be given up → it is told that it was declined', async () => {
    const run = await start(plan(asking('during', { timeoutMs: 400 })));
    expect(textOf(await run.result())).toContain('decline');
  });

  it('it runs inside the task of its run → it is told that nobody is asked', async () => {
    const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
    const fast = asking('during', { effect: 'read', expectedMs: 1 });
    const run = await runPlan(ostinato, { plan: written, fastReads: true }, plan(fast));
    expect(textOf(await run.result())).toContain('cancel');
  });
});
