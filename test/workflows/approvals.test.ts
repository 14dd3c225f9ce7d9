// Proves that people have a say in runs: real Temporal server, real workflows with a worker cache so
// small that they are replayed while they wait, fake activities that write down what was called.
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WorkerActivities } from '../../activities/index.ts';
import type {
  OstinatoConnection,
  RunHandle,
  RunPlanResult,
  RunPolicy,
} from '../../client/index.ts';
import {
  decide,
  listPending,
  pauseRun,
  resumeRun,
  runPlan,
  startAgent,
  steerRun,
} from '../../client/index.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { PlanGoalInput, PlanGoalResult } from '../../common/agent.ts';
import type { Plan } from '../../common/plan.ts';
import type { CallToolInput, ToolId } from '../../common/tool.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { decideUpdate } from '../../workflows/definitions.ts';
import { after, literal, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';
import { whileBeating } from '../support/while-beating.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const calls: CallToolInput[] = [];
const asked: PlanGoalInput[] = [];
let planFor: (input: PlanGoalInput) => Plan | string;
let hold: Promise<void> = Promise.resolve();

const activities = {
  callTool: async (input) => {
    calls.push(input);
    if (input.idempotencyKey.includes('/slow')) await whileBeating(() => hold);
    if (input.idempotencyKey.includes('/broken/')) {
      throw ApplicationFailure.nonRetryable('it broke', 'Tool.Unavailable');
    }
    return textResult(`did ${input.tool}`);
  },
  checkPlan: async () => plan(),
  checkArguments: async ({ args }) => {
    if (typeof args['amount'] === 'number') return;
    throw ApplicationFailure.nonRetryable('amount must be a number', 'Tool.BadArguments');
  },
  planGoal: async (input): Promise<PlanGoalResult> => {
    asked.push(input);
    const next = planFor(input);
    return {
      ...(typeof next === 'string'
        ? { kind: 'answer', answer: next }
        : { kind: 'plan', plan: next }),
      planner: { kind: 'model', provider: 'fake', model: 'fake-1' },
      conversation: { ...input.conversation, headVersion: input.conversation.headVersion + 2 },
      usage: { ...NO_USAGE, inputTokens: 1, outputTokens: 1 },
      toolsConsidered: [],
    };
  },
} satisfies WorkerActivities;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities, 1);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  calls.length = 0;
  asked.length = 0;
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

const ASK_PAY: RunPolicy = {
  approvals: [{ tool: 'bank/*', effects: ['non-idempotent'], reason: 'Money leaves the house.' }],
};
const pay = step('pay', {
  tool: 'bank/pay' as ToolId,
  effect: 'non-idempotent',
  args: { amount: literal(10) },
});

function start(checked: Plan, policy: RunPolicy = ASK_PAY): Promise<RunHandle<RunPlanResult>> {
  const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
  return runPlan(ostinato, { plan: written, policy }, checked);
}

/** The id of the one decision that the run waits for. */
async function waiting(handle: RunHandle<unknown>): Promise<string> {
  let id: string | undefined;
  await waitFor('the run to wait', async () => {
    id = (await handle.progress().catch(() => null))?.pending?.[0]?.id;
    return id !== undefined;
  });
  return id ?? '';
}

describe('a call that the policy names', () => {
  it('waits, shown with its arguments and why, until it is approved', async () => {
    const run = await start(plan(step('look'), pay));
    const id = await waiting(run);
    const { pending, steps } = await run.progress();
    expect(pending?.[0]).toMatchObject({
      kind: 'approval',
      step: 'pay',
      tool: 'bank/pay',
      args: { amount: 10 },
      reason: 'Money leaves the house.',
    });
    expect(steps.find((each) => each.id === 'pay')?.state).toBe('waiting');
    await waitFor('what needs no approval', () => calls.length === 1);
    await decide(ostinato, id, { verdict: 'approve' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(calls.map(({ tool }) => tool)).toEqual(['fake/tool', 'bank/pay']);
    // What stands in for the tool obeys them too.
    expect(calls[0]?.approvals).toEqual({ rules: ASK_PAY.approvals, spentUsd: 0 });
  });

  it('denied → the step fails with the reason and nothing is called', async () => {
    const run = await start(plan(pay, step('later', after('pay'))));
    await decide(ostinato, await waiting(run), { verdict: 'deny', reason: 'too much' });
    const result = await run.result();
    expect(result.reason).toContain('Denied by client: too much');
    expect(calls).toEqual([]);
  });

  it('approved with other arguments → those are called; wrong ones are refused and it waits on', async () => {
    const run = await start(plan(pay));
    const id = await waiting(run);
    const wrong = decide(ostinato, id, { verdict: 'approve', args: { amount: 'ten' } });
    await expect(wrong).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('amount must be a number') as string,
    });
    await decide(ostinato, id, { verdict: 'approve', args: { amount: 5 } });
    await run.result();
    expect(calls.map(({ args }) => args)).toEqual([{ amount: 5 }]);
  });

  it('nobody decides in time → no', async () => {
    const run = await start(plan(pay), { ...ASK_PAY, approvalTimeoutMs: 1_000 });
    const result = await run.result();
    expect(result.reason).toContain('nobody approved it in time');
    expect(calls).toEqual([]);
  });

  it('a second, a late and an unknown decision → refused, saying which', async () => {
    const run = await start(plan(pay, step('slow', after('pay'))));
    let open = (): void => undefined;
    hold = new Promise((resolve) => (open = resolve));
    const id = await waiting(run);
    const unknown = decide(ostinato, id.replace(/\d+$/, '99'), { verdict: 'approve' });
    await expect(unknown).rejects.toThrow('Nothing waits for decision');
    await decide(ostinato, id, { verdict: 'approve' });
    const second = decide(ostinato, id, { verdict: 'deny', reason: 'no' });
    await expect(second).rejects.toThrow('has been made already: approve by client');
    open();
    await run.result();
    const late = decide(ostinato, id, { verdict: 'approve' });
    await expect(late).rejects.toMatchObject({ code: 'already-ended' });
    await expect(decide(ostinato, 'nonsense', { verdict: 'approve' })).rejects.toMatchObject({
      code: 'bad-input',
    });
  });

  it('another tenant → refused by the run itself', async () => {
    const run = await start(plan(pay));
    const id = await waiting(run);
    const handle = ostinato.temporal.workflow.getHandle(run.workflowId);
    const request = {
      ...{ tenantId: 'other', actor: 'eve', id },
      decision: { verdict: 'approve' },
    } as const;
    const foreign = handle.executeUpdate(decideUpdate, { args: [request] });
    await expect(foreign).rejects.toMatchObject({
      cause: { message: expect.stringContaining('not one of tenant "other"') as string },
    });
    await decide(ostinato, id, { verdict: 'approve' });
    await run.result();
  });

  it('several runs wait → all are in one list, and are gone from it when decided', async () => {
    const runs = [await start(plan(pay)), await start(plan(pay))];
    const ids = await Promise.all(runs.map(waiting));
    const listed = async () => (await listPending(ostinato)).map(({ id }) => id);
    await waitFor('both in the list', async () => (await listed()).length === 2);
    expect((await listed()).sort()).toEqual([...ids].sort());
    for (const id of ids) await decide(ostinato, id, { verdict: 'approve' });
    for (const run of runs) await run.result();
    await waitFor('an empty list', async () => (await listed()).length === 0);
  });

  it('the run is cancelled while it waits → cancelled, nothing is called', async () => {
    const run = await start(plan(pay));
    await waiting(run);
    await run.cancel('never mind');
    expect(await run.result()).toMatchObject({ outcome: 'cancelled', reason: 'never mind' });
    expect(calls).toEqual([]);
  });

  it('the worker is replaced while it waits → the decision still counts', async () => {
    const run = await start(plan(pay));
    const id = await waiting(run);
    await workers.stop();
    workers = await startWorkers(temporal.address, activities, 1);
    await decide(ostinato, id, { verdict: 'approve' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(calls).toHaveLength(1);
  });
});

describe('pause and resume', () => {
  it('paused → what runs ends and nothing starts, until it is resumed', async () => {
    let open = (): void => undefined;
    hold = new Promise((resolve) => (open = resolve));
    const run = await start(plan(step('slow'), step('next', after('slow'))));
    await waitFor('the first step', () => calls.length === 1);
    await pauseRun(ostinato, run.runId);
    open();
    await waitFor('the first step to end', async () => {
      return (await run.progress()).steps[0]?.state === 'done';
    });
    expect(await run.progress()).toMatchObject({ isPaused: true });
    expect(calls).toHaveLength(1);
    await expect(pauseRun(ostinato, run.runId)).rejects.toThrow('paused already');
    await resumeRun(ostinato, run.runId);
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    await expect(resumeRun(ostinato, run.runId)).rejects.toMatchObject({ code: 'already-ended' });
  });
});

describe('a message to a running agent', () => {
  it('leaves what waits, and the planner sees the message and what is done', async () => {
    let open = (): void => undefined;
    hold = new Promise((resolve) => (open = resolve));
    planFor = ({ turn }) =>
      turn === 1 ? plan(step('slow'), step('never', after('slow'))) : 'As you like.';
    const run = await startAgent(ostinato, { goal: 'Do it' });
    await waitFor('the first step', () => calls.length === 1);
    await steerRun(ostinato, run.runId, 'Do only the first part.');
    open();
    const result = await run.result();
    expect(result).toMatchObject({ outcome: 'answered', answer: 'As you like.', toolCalls: 1 });
    expect(asked[1]?.messages).toEqual(['Do only the first part.']);
    expect(asked[1]?.observations.map(({ step: { id, state } }) => [id, state])).toEqual([
      ['slow', 'done'],
      ['never', 'skipped'],
    ]);
  });

  it('while a call waits for a person → the plan is left, the question withdrawn, nothing called', async () => {
    planFor = ({ turn }) => (turn === 1 ? plan(pay, step('never', after('pay'))) : 'Not paid.');
    const run = await startAgent(ostinato, { goal: 'Pay', policy: ASK_PAY });
    const id = await waiting(run);
    await steerRun(ostinato, run.runId, 'Do not pay.');
    const result = await run.result();
    expect(result).toMatchObject({ outcome: 'answered', answer: 'Not paid.', toolCalls: 0 });
    expect(asked[1]?.messages).toEqual(['Do not pay.']);
    expect(asked[1]?.observations.map(({ step: { id: of, state } }) => [of, state])).toEqual([
      ['pay', 'skipped'],
      ['never', 'skipped'],
    ]);
    expect(calls).toEqual([]);
    await expect(decide(ostinato, id, { verdict: 'approve' })).rejects.toMatchObject({
      code: 'already-ended',
    });
  });

  it('while an undo waits for a person → it waits on, and what is said of it is true', async () => {
    const undo = { ...pay, tool: 'bank/refund' as ToolId };
    const booked = step('book', { effect: 'compensable', undo });
    planFor = ({ turn }) => (turn === 1 ? plan(booked, step('broken', after('book'))) : 'Sorry.');
    const policy = { approvals: [{ tool: 'bank/*' }], rollback: true };
    const run = await startAgent(ostinato, {
      goal: 'Book',
      policy,
      limits: { maxToolCalls: 3 },
    });
    const id = await waiting(run);
    await steerRun(ostinato, run.runId, 'Is it cancelled?');
    expect((await run.progress()).pending?.map((each) => each.id)).toEqual([id]);
    await decide(ostinato, id, { verdict: 'deny', reason: 'keep it' });
    const result = await run.result();
    expect(result).toMatchObject({ outcome: 'answered', answer: 'Sorry.' });
    expect(calls.map(({ tool }) => tool)).toEqual(['fake/tool', 'fake/tool']);
    const seen = asked[1]?.observations.find(({ step: { id: of } }) => of === 'book');
    expect(seen?.step.problem).toContain('Its undo failed: Denied by client: keep it');
    expect(asked[1]?.stepsLeft).toBe(1);
  });

  it('to a plan, which has no planner → refused', async () => {
    const run = await start(plan(pay));
    const id = await waiting(run);
    await expect(steerRun(ostinato, run.runId, 'hello')).rejects.toThrow('no planner');
    await decide(ostinato, id, { verdict: 'approve' });
    await run.result();
  });
});
