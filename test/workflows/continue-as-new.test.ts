// Proves that a run whose history is long goes on as another and nothing is lost or done twice: real
// Temporal server, real workflows that leave after a few events, fake activities.
import { ApplicationFailure } from '@temporalio/common';
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WorkerActivities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import {
  decide,
  listPending,
  listRuns,
  pauseRun,
  resumeRun,
  runHandle,
  tellEffectDecided,
} from '../../client/index.ts';
import { runAttributes, workflowIdOf } from '../../client/start-run.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type {
  AgentInput,
  AgentResult,
  PlanGoalInput,
  PlanGoalResult,
  RunPlanInput,
  RunPlanResult,
} from '../../common/agent.ts';
import type { Plan } from '../../common/plan.ts';
import type { CallToolInput, ToolId, ToolResult } from '../../common/tool.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { after, LIMITS, literal, output, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const calls: CallToolInput[] = [];
const asked: PlanGoalInput[] = [];
let kept = 0;
let hold: Promise<void> = Promise.resolve();
/** Whether the ledger knows how the call of the step `lost` ended. */
let isKnown = false;
/** Too long to go along as it is, but for a run that reads it by itself. */
const MANY: ToolResult = {
  ...textResult(''),
  structured: { rows: ['a', 'b', 'c'], more: 'x'.repeat(5_000) },
};
const SERVED = { route: 'fake/1', outcome: 'ok', why: 'the only one', durationMs: 1 } as const;
let planFor: (input: PlanGoalInput) => Plan | string;

const activities = {
  callTool: async (input) => {
    calls.push(input);
    const id = input.idempotencyKey.split('/').at(-2) ?? '';
    if (id === 'slow') await hold;
    if (id === 'lost' && !isKnown) {
      throw ApplicationFailure.nonRetryable('it may have acted', 'Tool.OutcomeUnknown');
    }
    if (id === 'many') return MANY;
    return textResult(id === 'long' ? 'x'.repeat(5_000) : `${id} done`);
  },
  checkPlan: async () => plan(),
  checkArguments: async () => undefined,
  keepResult: async ({ result }) => {
    kept += 1;
    const artifact = { artifactId: 'kept', mediaType: 'application/json', bytes: 1, sha256: '' };
    return { ...result, content: [], artifact };
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
      routing: [{ preset: 'configured', attempts: [SERVED], excluded: [] }],
    };
  },
} satisfies WorkerActivities;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  calls.length = 0;
  asked.length = 0;
  kept = 0;
  isKnown = false;
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

const common = {
  agent: 'test',
  limits: { ...LIMITS, maxTurns: 100, maxParallel: 2 },
  queues: ONE_QUEUE,
  leaveAfterEvents: 40,
};

async function start(
  type: 'runAgent' | 'runPlan',
  input: Partial<AgentInput> | Partial<RunPlanInput>,
): Promise<string> {
  const runId = ulid();
  await ostinato.temporal.workflow.start(type, {
    workflowId: workflowIdOf(ostinato, runId),
    taskQueue: ONE_QUEUE.agent,
    args: [{ tenant: ostinato.tenant, ...common, ...input }],
    memo: { summary: 'a long one' },
    typedSearchAttributes: runAttributes(ostinato, 'test'),
  });
  return runId;
}

function runPlan(checked: Plan, input: Partial<RunPlanInput> = {}): Promise<string> {
  return start('runPlan', { plan: checked, written: null, ...input });
}

/** How many times the run went on as another. */
async function timesLeft(runId: string): Promise<number> {
  const { executions } = await ostinato.temporal.workflowService.listWorkflowExecutions({
    namespace: 'default',
    query: `WorkflowId = '${workflowIdOf(ostinato, runId)}' AND ExecutionStatus = 'ContinuedAsNew'`,
  });
  return executions?.length ?? 0;
}

/** A chain of steps, each after the one before. */
function chain(length: number): Plan['steps'] {
  return Array.from({ length }, (_, at) => step(`s${at}`, at === 0 ? {} : after(`s${at - 1}`)));
}

const stepsCalled = () => calls.map(({ idempotencyKey }) => idempotencyKey.split('/').at(-2));

describe('an agent of many turns', () => {
  it('goes on several times → every turn once, the conversation, counts and usage in one', async () => {
    planFor = ({ turn }) => (turn <= 15 ? plan(step('look')) : 'That is all.');
    const runId = await start('runAgent', { goal: 'Go on', conversation: null });
    const result = await runHandle<AgentResult>(ostinato, runId).result();
    expect(result).toMatchObject({
      outcome: 'answered',
      turns: 16,
      toolCalls: 15,
      usage: { inputTokens: 16 },
    });
    expect(result.models).toEqual(
      asked.map(({ turn }) => ({ turn, preset: 'configured', attempts: [SERVED] })),
    );
    expect(asked.map(({ turn }) => turn)).toEqual(Array.from({ length: 16 }, (_, at) => at + 1));
    expect(asked.map(({ conversation }) => conversation.headVersion)).toEqual(
      Array.from({ length: 16 }, (_, at) => 2 * at),
    );
    // The same id in every plan: each call is another one all the same.
    expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(15);
    expect(new Set(result.steps.map(({ id }) => id)).size).toBe(15);
    await waitFor('the list', async () => (await timesLeft(runId)) >= 2);
  });

  it('in lists → one run, with its summary', async () => {
    planFor = ({ turn }) => (turn <= 10 ? plan(step('look')) : 'Done.');
    const runId = await start('runAgent', { goal: 'Go on', conversation: null });
    await runHandle(ostinato, runId).result();
    await waitFor('the run in the list', async () => {
      const listed = (await listRuns(ostinato, { limit: 100 })).filter(
        (run) => run.runId === runId,
      );
      return listed.length === 1 && listed[0]?.outcome === 'answered';
    });
    const [run] = (await listRuns(ostinato)).filter((each) => each.runId === runId);
    expect(run).toMatchObject({ summary: 'a long one', agent: 'test', status: 'completed' });
  });

  it('a budget → holds over all of them', async () => {
    planFor = () => plan(step('a'), step('b'));
    const limits = { ...common.limits, maxToolCalls: 21 };
    const runId = await start('runAgent', { goal: 'Go on', conversation: null, limits });
    const result = await runHandle<AgentResult>(ostinato, runId).result();
    expect(result).toMatchObject({ outcome: 'out-of-budget', limit: 'maxToolCalls' });
    expect(calls).toHaveLength(21);
    await waitFor('the list', async () => (await timesLeft(runId)) >= 2);
  });

  it('maxReplans → so many plans after the first', async () => {
    planFor = () => plan(step('a'));
    const limits = { ...common.limits, maxReplans: 2 };
    const runId = await start('runAgent', { goal: 'Go on', conversation: null, limits });
    const result = await runHandle<AgentResult>(ostinato, runId).result();
    expect(result).toMatchObject({ outcome: 'out-of-budget', limit: 'maxReplans', toolCalls: 3 });
  });
});

describe('in the middle of a plan', () => {
  it('every step is called once, and references reach back over the change', async () => {
    const steps = [
      step('long'),
      ...chain(20),
      step('last', {
        args: { text: output('long'), word: output('s0', '$text') },
        ...after('s19'),
      }),
    ];
    const runId = await runPlan(plan(...steps));
    const result = await runHandle<RunPlanResult>(ostinato, runId).result();
    expect(result.outcome).toBe('completed');
    expect([...stepsCalled()].sort()).toEqual(steps.map(({ id }) => String(id)).sort());
    expect(Object.keys(result.results)).toHaveLength(22);
    expect(calls.at(-1)?.args).toEqual({ text: { $artifact: 'kept', path: '' }, word: 's0 done' });
    // Once it is a reference it stays one.
    expect(kept).toBe(1);
    await waitFor('the list', async () => (await timesLeft(runId)) >= 2);
  });

  it('a long answer is read by a condition and a list after the change → they read it as before', async () => {
    const steps = [
      step('many'),
      ...chain(20),
      step('each', {
        args: { row: output('item') },
        when: { value: output('many', 'rows[0]'), equals: 'a' },
        forEach: { items: output('many', 'rows'), maxParallel: 1 },
        ...after('s19'),
      }),
    ];
    const runId = await runPlan(plan(...steps));
    const result = await runHandle<RunPlanResult>(ostinato, runId).result();
    expect(result.steps.flatMap(({ problem }) => problem ?? [])).toEqual([]);
    expect(result.outcome).toBe('completed');
    expect(calls.slice(-3).map(({ args }) => args)).toEqual([
      { row: 'a' },
      { row: 'b' },
      { row: 'c' },
    ]);
    expect(await timesLeft(runId)).toBeGreaterThanOrEqual(1);
  });

  it('a failed step before the change → what needs it stays skipped after it', async () => {
    const lost = step('lost', {
      args: { v: output('s0', 'no.such') },
      onFailure: 'skip-dependents',
    });
    const runId = await runPlan(plan(...chain(15), lost, step('never', after('lost'))));
    const result = await runHandle<RunPlanResult>(ostinato, runId).result();
    expect(result.outcome).toBe('partial');
    const states = Object.fromEntries(result.steps.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({ lost: 'failed', never: 'skipped', s14: 'done' });
    expect(stepsCalled()).not.toContain('never');
  });

  it('something waits for a person → the same decision waits after it, and counts once', async () => {
    const pay = step('pay', { tool: 'bank/pay' as ToolId, args: { amount: literal(1) } });
    const runId = await runPlan(plan(pay, ...chain(15)), {
      policy: { approvals: [{ tool: 'bank/*' }] },
    });
    const pending = async () =>
      (await listPending(ostinato)).filter((each) => each.runId === runId);
    await waitFor('the decision to wait', async () => (await pending()).length === 1);
    const [first] = await pending();
    await waitFor('the change', async () => (await timesLeft(runId)) >= 1 && calls.length === 15);
    await waitFor('the decision to wait again', async () => (await pending()).length === 1);
    expect(await pending()).toEqual([first]);
    await decide(ostinato, first?.id ?? '', { verdict: 'approve' });
    const result = await runHandle<RunPlanResult>(ostinato, runId).result();
    expect(result.outcome).toBe('completed');
    expect(calls).toHaveLength(16);
  });

  it('a decision made while the run waits for a slow call to leave → counts, and is not asked for again', async () => {
    const slow = Promise.withResolvers<void>();
    hold = slow.promise;
    const pay = step('pay', { tool: 'bank/pay' as ToolId, args: { amount: literal(1) } });
    const runId = await runPlan(plan(pay, step('slow'), ...chain(15)), {
      limits: { ...common.limits, maxParallel: 4 },
      policy: { approvals: [{ tool: 'bank/*' }], approvalTimeoutMs: 20_000 },
    });
    await waitFor('the run to begin nothing more', async () => {
      const steps =
        (
          await runHandle(ostinato, runId)
            .progress()
            .catch(() => null)
        )?.steps ?? [];
      const running = steps.filter(({ state }) => state === 'running').map(({ id }) => id);
      const isBegun = steps.some(({ id, state }) => id === 's0' && state === 'done');
      return isBegun && running.join() === 'slow';
    });
    expect(calls.length).toBeLessThan(16);
    const pending = (await listPending(ostinato)).filter((each) => each.runId === runId);
    expect(pending).toHaveLength(1);
    await decide(ostinato, pending[0]?.id ?? '', { verdict: 'approve', args: { amount: 2 } });
    slow.resolve();
    expect((await runHandle<RunPlanResult>(ostinato, runId).result()).outcome).toBe('completed');
    expect(calls.filter(({ tool }) => tool === 'bank/pay').map(({ args }) => args)).toEqual([
      { amount: 2 },
    ]);
  });

  it('items of a list wait for approval → those that are done are not asked about or called again', async () => {
    const policy = { approvals: [{ tool: 'bank/*' }] };
    const list = step('pay', {
      tool: 'bank/pay' as ToolId,
      effect: 'non-idempotent',
      args: { amount: output('item') },
      forEach: { items: literal([1, 2, 3, 4]), maxParallel: 2 },
    });
    // One for each: a call that is done is not counted again either.
    const limits = { ...common.limits, maxToolCalls: 19 };
    const runId = await runPlan(plan(list, ...chain(15)), { policy, limits });
    const ids = new Set<string>();
    const pending = async () => {
      const mine = (await listPending(ostinato)).filter((each) => each.runId === runId);
      for (const { id } of mine) ids.add(id);
      return mine;
    };
    const paid = () => calls.filter(({ tool }) => tool === 'bank/pay').map(({ args }) => args);
    await waitFor('two items to wait', async () => (await pending()).length === 2);
    const [first] = await pending();
    await decide(ostinato, first?.id ?? '', { verdict: 'approve', args: { amount: 10 } });
    await waitFor('the change', async () => (await timesLeft(runId)) >= 1);
    for (let decided = 1; decided < 4; decided += 1) {
      const [next] = await waitFor('the next item to wait', async () => {
        const open = await pending();
        return open.length > 0 ? open : null;
      });
      await decide(ostinato, next?.id ?? '', { verdict: 'approve' });
      await waitFor('its call', () => paid().length >= decided + 1);
    }
    const result = await runHandle<RunPlanResult>(ostinato, runId).result();
    expect(result.outcome).toBe('completed');
    expect(ids.size).toBe(4);
    expect(
      paid()
        .map(({ amount }) => amount)
        .sort(),
    ).toEqual([10, 2, 3, 4]);
  });

  it('an approved call has an end that nobody knows → the next run asks about that, and not for approval', async () => {
    const pay = step('lost', {
      tool: 'bank/pay' as ToolId,
      effect: 'non-idempotent',
      args: { amount: literal(1) },
    });
    const runId = await runPlan(plan(pay, ...chain(15)), {
      policy: { approvals: [{ tool: 'bank/*' }], onUnknown: 'ask' },
    });
    const pending = async () =>
      (await listPending(ostinato)).filter((each) => each.runId === runId);
    await waitFor('the call to wait', async () => (await pending()).length === 1);
    const [first] = await pending();
    await decide(ostinato, first?.id ?? '', { verdict: 'approve', args: { amount: 2 } });
    await waitFor('the change', async () => (await timesLeft(runId)) >= 1);
    const [next] = await waitFor('a question', async () => {
      const open = await pending();
      return open.length > 0 ? open : null;
    });
    expect(next).toMatchObject({ kind: 'outcome-unknown', step: 'lost' });
    isKnown = true;
    expect(await tellEffectDecided(ostinato, next?.key ?? '')).toBe(true);
    expect((await runHandle<RunPlanResult>(ostinato, runId).result()).outcome).toBe('completed');
    const paid = calls.filter(({ tool }) => tool === 'bank/pay');
    expect(new Set(paid.map(({ args }) => args['amount']))).toEqual(new Set([2]));
  });

  it('its arguments hold a long answer, which goes along as a reference → the same decision waits after it', async () => {
    const pay = step('pay', {
      tool: 'bank/pay' as ToolId,
      args: { text: output('long', '$text') },
    });
    const runId = await runPlan(plan(step('long'), pay, ...chain(15)), {
      policy: { approvals: [{ tool: 'bank/*' }], approvalTimeoutMs: 20_000 },
    });
    const pending = async () =>
      (await listPending(ostinato)).filter((each) => each.runId === runId);
    await waitFor('the decision to wait', async () => (await pending()).length === 1);
    const [first] = await pending();
    await waitFor('the change', async () => (await timesLeft(runId)) >= 1);
    await decide(ostinato, first?.id ?? '', { verdict: 'approve' });
    const result = await runHandle<RunPlanResult>(ostinato, runId).result();
    expect(result.outcome).toBe('completed');
    expect(calls.filter(({ tool }) => tool === 'bank/pay')).toHaveLength(1);
  });

  it('paused and resumed on the way → every step once', async () => {
    const runId = await runPlan(plan(...chain(25)));
    await waitFor('the first steps', () => calls.length > 2);
    await pauseRun(ostinato, runId);
    const before = calls.length;
    await resumeRun(ostinato, runId);
    expect((await runHandle<RunPlanResult>(ostinato, runId).result()).outcome).toBe('completed');
    expect(before).toBeLessThan(25);
    expect(calls).toHaveLength(25);
  });
});
