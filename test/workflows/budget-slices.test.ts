// Proves that a run lends its child runs tool calls, so that they ask rarely, and that what is lent is
// neither lost nor spent twice: real Temporal server, real workflows that ask each other, a tool that
// counts and can be held, and histories in which the questions are counted.
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countBegunCalls } from '../../activities/count-begun-calls.ts';
import type { WorkerActivities } from '../../activities/index.ts';
import type { OstinatoConnection, RunHandle } from '../../client/index.ts';
import { pauseRun, resumeRun, runHandle, runPlan } from '../../client/index.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { AgentLimits, PlanGoalResult, RunPlanResult } from '../../common/agent.ts';
import type { PlanStep, StepAction } from '../../common/plan.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import type { BudgetAsk } from '../../workflows/definitions.ts';
import { after, literal, LIMITS, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';
import { whileBeating } from '../support/while-beating.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const called: string[] = [];
/** Calls of these steps wait until they are taken out. */
const held = new Set<string>();

const activities = {
  callTool: async ({ idempotencyKey }) => {
    const id = idempotencyKey.split('/').at(-2) ?? '';
    called.push(id);
    await whileBeating(() => waitFor(`${id} to be let go`, () => !held.has(id)));
    return textResult(`${id} done`);
  },
  checkPlan: async () => plan(),
  countBegunCalls,
  keepResult: async ({ result }) => result,
  planGoal: async (input): Promise<PlanGoalResult> => ({
    ...(input.turn < 4
      ? { kind: 'plan', plan: plan(step(`t${input.turn}`)) }
      : { kind: 'answer', answer: 'done' }),
    planner: { kind: 'model', provider: 'fake', model: 'fake-1' },
    conversation: { ...input.conversation, headVersion: input.conversation.headVersion + 2 },
    usage: { ...NO_USAGE, inputTokens: 9, outputTokens: 1 },
    toolsConsidered: [],
  }),
} satisfies WorkerActivities;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  called.length = 0;
  held.clear();
});

afterAll(async () => {
  held.clear();
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

function start(
  steps: readonly PlanStep[],
  limits: Partial<AgentLimits> = {},
): Promise<RunHandle<RunPlanResult>> {
  const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
  return runPlan(ostinato, { plan: written, runId: ulid(), limits }, plan(...steps));
}

/** A chain of calls, each after the one before. */
function chain(name: string, length: number): readonly PlanStep[] {
  return Array.from({ length }, (_, at) =>
    step(`${name}${at}`, at === 0 ? {} : after(`${name}${at - 1}`)),
  );
}

function wide(name: string, width: number): readonly PlanStep[] {
  return Array.from({ length: width }, (_, at) => step(`${name}${at}`));
}

/** A step that is a run of its own; where that fails, the others go on. */
function below(id: string, steps: readonly PlanStep[], more: Partial<PlanStep> = {}): PlanStep {
  const action: StepAction = { kind: 'plan', plan: plan(...steps), returns: null };
  return step(id, { action, onFailure: 'skip-dependents', timeoutMs: 60_000, ...more });
}

const callsOf = (name: string) => called.filter((id) => id.startsWith(name)).length;

/** The signals of one name that a run has got, with what came along. */
async function signalsOf(workflowId: string, name: string): Promise<readonly BudgetAsk[]> {
  const { events } = await ostinato.temporal.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    if (signal?.signalName !== name) return [];
    const { data } = signal.input?.payloads?.[0] ?? {};
    return [JSON.parse(Buffer.from(data ?? '{}').toString()) as BudgetAsk];
  });
}

async function eventsOf(workflowId: string): Promise<number> {
  return Number((await ostinato.temporal.workflow.getHandle(workflowId).describe()).historyLength);
}

describe('a child run that calls one tool after another', () => {
  it('60 calls of a budget of 100 → a few questions, and a history of the parent that is short', async () => {
    const run = await start([below('sub', chain('c', 60))], { maxToolCalls: 100 });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(callsOf('c')).toBe(60);
    const asked = await signalsOf(run.workflowId, 'budgetAsk');
    expect(asked.length).toBeLessThanOrEqual(10);
    // A question a call was about nine events: 540.
    expect(await eventsOf(run.workflowId)).toBeLessThan(120);
    // It was lent no more than it had steps for, so nothing came back.
    expect(await signalsOf(run.workflowId, 'budgetSettle')).toEqual([]);
  });

  it('a list in it → its items are lent too', async () => {
    const items = { kind: 'literal', value: Array.from({ length: 40 }, (_, at) => at) } as const;
    const list = step('each', { forEach: { items, maxParallel: 1 } });
    const run = await start([below('sub', [list])], { maxToolCalls: 100 });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(callsOf('each')).toBe(40);
    expect((await signalsOf(run.workflowId, 'budgetAsk')).length).toBeLessThanOrEqual(10);
  });

  it('below another child → what that one was lent is lent on', async () => {
    const run = await start([below('sub', [below('deep', chain('d', 40))])], { maxToolCalls: 200 });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(callsOf('d')).toBe(40);
    expect((await signalsOf(run.workflowId, 'budgetAsk')).length).toBeLessThanOrEqual(12);
  });
});

describe('a budget that is short', () => {
  it('50 runs of three calls against 20 → exactly 20', async () => {
    const children = Array.from({ length: 50 }, (_, at) => below(`r${at}`, chain(`c${at}x`, 3)));
    const run = await start(children, { maxToolCalls: 20, maxParallel: 50 });
    expect((await run.result()).outcome).toBe('out-of-budget');
    expect(called).toHaveLength(20);
  });

  it('what a run holds and does not need yet is called back for those that need it', async () => {
    held.add('slow1');
    const run = await start(
      [
        below('slow', chain('slow', 30)),
        step('go', { action: { kind: 'signal', name: 'go' }, timeoutMs: 60_000 }),
        below('fast', wide('fast', 40), after('go')),
      ],
      { maxToolCalls: 40 },
    );
    await waitFor('the first run to hold calls', () => called.includes('slow1'));
    await ostinato.temporal.workflow.getHandle(run.workflowId).executeUpdate('signal', {
      args: [{ tenantId: 'default', actor: 't', name: 'go', payload: 1 }],
    });
    // All but the two that were made.
    await waitFor('the second run to have the rest', () => callsOf('fast') === 38);
    expect(await signalsOf(`${run.workflowId}.slow`, 'budgetRecall')).toHaveLength(1);
    held.clear();
    expect((await run.result()).outcome).toBe('out-of-budget');
    expect(called).toHaveLength(40);
  });

  it('a run that is cancelled → gives back what it holds', async () => {
    held.add('slow1');
    const run = await start(
      [below('slow', chain('slow', 30)), step('then', after('slow')), ...chain('c', 50)],
      { maxToolCalls: 40, maxParallel: 2 },
    );
    await waitFor('the run to hold calls', () => called.includes('slow1'));
    await runHandle(ostinato, `${run.runId}.slow`).cancel('not needed');
    held.clear();
    expect((await run.result()).outcome).toBe('out-of-budget');
    expect(called).toHaveLength(40);
  });

  it('a run that is killed → what it had not begun is made by others, and no more', async () => {
    held.add('slow1');
    const run = await start([below('slow', chain('slow', 30)), ...chain('c', 50)], {
      maxToolCalls: 40,
      maxParallel: 2,
    });
    await waitFor('the run to hold calls', () => called.includes('slow1'));
    await ostinato.temporal.workflow.getHandle(`${run.workflowId}.slow`).terminate('killed');
    held.clear();
    expect((await run.result()).outcome).toBe('out-of-budget');
    expect(called).toHaveLength(40);
  });

  it('one that has lent calls on is killed → those below it keep theirs, and no more are made', async () => {
    held.add('deep1');
    const inner = below('deep', chain('deep', 30));
    const run = await start(
      [below('mid', [inner, step('own', after('deep'))]), ...chain('c', 50)],
      {
        maxToolCalls: 40,
        maxParallel: 2,
      },
    );
    await waitFor('the run below to hold calls', () => called.includes('deep1'));
    await ostinato.temporal.workflow.getHandle(`${run.workflowId}.mid`).terminate('killed');
    await waitFor('others to go on', () => callsOf('c') > 5);
    held.clear();
    expect((await run.result()).outcome).toBe('out-of-budget');
    expect(called.length).toBeLessThanOrEqual(40);
    // What the run below was granted and lent: nobody knows what it makes of it.
    expect(called.length).toBeGreaterThanOrEqual(34);
  });
});

describe('a parent that is paused', () => {
  it('a child with calls in hand → begins none until it goes on', async () => {
    held.add('c3');
    const run = await start([below('sub', chain('c', 8))], { maxToolCalls: 100 });
    const child = `${run.workflowId}.sub`;
    await waitFor('the child to call', () => called.includes('c3'));
    const before = (await signalsOf(run.workflowId, 'budgetAsk')).length;
    await pauseRun(ostinato, run.runId);
    await waitFor('the child to be told', async () => {
      return (await signalsOf(child, 'budgetRecall')).length === 1;
    });
    held.clear();
    await waitFor('the child to ask', async () => {
      return (await signalsOf(run.workflowId, 'budgetAsk')).length > before;
    });
    expect(called).toHaveLength(4);
    await resumeRun(ostinato, run.runId);
    expect((await run.result()).outcome).toBe('completed');
    expect(called).toHaveLength(8);
  });
});

describe('model calls of a child', () => {
  const agent = step('ask', {
    action: { kind: 'agent', limits: {} },
    args: { goal: literal('Look') },
    timeoutMs: 60_000,
  });
  const asksForModels = async (limits: Partial<AgentLimits>) => {
    const run = await start([agent], limits);
    expect((await run.result()).outcome).toBe('completed');
    const asked = await signalsOf(run.workflowId, 'budgetAsk');
    return asked.filter(({ wants }) => wants === 'model-call').length;
  };

  it('no run above limits them → none is asked for', async () => {
    expect(await asksForModels({})).toBe(0);
  });

  it('a run above limits tokens → each is asked for', async () => {
    expect(await asksForModels({ maxTokens: 10_000 })).toBe(4);
  });
});

describe('a child that continues as new', () => {
  it('calls in hand → go along, and no more are made than there are', async () => {
    const runId = ulid();
    const handle = await ostinato.temporal.workflow.start('runPlan', {
      workflowId: `t:default:run:${runId}`,
      taskQueue: ONE_QUEUE.agent,
      args: [
        {
          ...{ tenant: ostinato.tenant, agent: 'test', queues: ONE_QUEUE, written: null },
          plan: plan(below('sub', chain('c', 20)), below('other', chain('o', 20))),
          limits: { ...LIMITS, maxToolCalls: 30 },
          leaveAfterEvents: 45,
        },
      ],
    });
    expect(((await handle.result()) as RunPlanResult).outcome).toBe('out-of-budget');
    expect(called).toHaveLength(30);
  });
});
