// Proves that a run whose history gets long while its child runs go on loses none of them: it works on
// beside them while there is room, then begins nothing new, and continues as new once they have ended.
// Real Temporal server, real workflows that leave after a few events, fake activities.
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WorkerActivities } from '../../activities/index.ts';
import type { OstinatoConnection, RunHandle } from '../../client/index.ts';
import { runHandle, signalRun } from '../../client/index.ts';
import { workflowIdOf } from '../../client/start-run.ts';
import type { RunPlanResult } from '../../common/agent.ts';
import type { PlanStep, StepAction } from '../../common/plan.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { after, LIMITS, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const called: string[] = [];

const activities = {
  callTool: async ({ idempotencyKey }) => {
    const [run = '', id = ''] = idempotencyKey.split('/').slice(-3);
    called.push(run.endsWith('.below') ? `below.${id}` : id);
    return textResult(`${id} done`);
  },
  checkPlan: async () => plan(),
  keepResult: async ({ result }) => result,
  planGoal: () => Promise.reject(new Error('not used here')),
} satisfies WorkerActivities;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  called.length = 0;
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

/** A chain of steps, each after the one before. */
function chain(name: string, length: number): readonly PlanStep[] {
  return Array.from({ length }, (_, at) =>
    step(`${name}${at}`, at === 0 ? {} : after(`${name}${at - 1}`)),
  );
}

const ids = (steps: readonly PlanStep[]): readonly string[] => steps.map(({ id }) => id);

/** A run of its own that waits for the signal `go`, then calls a chain of tools. */
function below(calls: number): StepAction {
  const go = step('go', { action: { kind: 'signal', name: 'go' } });
  const [first, ...others] = chain('c', calls);
  if (first === undefined) throw new Error('At least one call.');
  return { kind: 'plan', plan: plan(go, { ...first, ...after('go') }, ...others), returns: null };
}

interface Parent {
  readonly run: RunHandle<RunPlanResult>;
  readonly child: string;
  /** How long the history of the parent's first run is. */
  events(): Promise<number>;
}

async function startParent(
  steps: readonly PlanStep[],
  leaveAfterEvents: number,
  maxToolCalls = 200,
): Promise<Parent> {
  const runId = ulid();
  const { firstExecutionRunId, workflowId } = await ostinato.temporal.workflow.start('runPlan', {
    workflowId: workflowIdOf(ostinato, runId),
    taskQueue: ONE_QUEUE.agent,
    args: [
      {
        ...{ tenant: ostinato.tenant, agent: 'test', queues: ONE_QUEUE, written: null },
        ...{ plan: plan(...steps), leaveAfterEvents, limits: { ...LIMITS, maxToolCalls } },
      },
    ],
  });
  return {
    run: runHandle<RunPlanResult>(ostinato, runId),
    child: `${runId}.below`,
    async events() {
      const handle = ostinato.temporal.workflow.getHandle(workflowId, firstExecutionRunId);
      return Number((await handle.describe()).historyLength);
    },
  };
}

async function timesLeft({ run }: Parent): Promise<number> {
  const { executions } = await ostinato.temporal.workflowService.listWorkflowExecutions({
    namespace: 'default',
    query: `WorkflowId = '${run.workflowId}' AND ExecutionStatus = 'ContinuedAsNew'`,
  });
  return executions?.length ?? 0;
}

describe('a run with a long history and a child run that goes on', () => {
  it('there is room → works on beside it, leaves when it has ended, and calls every tool once', async () => {
    const steps = [...chain('s', 10), step('below', { action: below(2) })];
    const parent = await startParent(steps, 30);
    await waitFor('the whole chain, past the length', () => called.includes('s9'));
    expect(await parent.events()).toBeGreaterThan(30);
    await signalRun(ostinato, parent.child, 'go', {});
    const result = await parent.run.result();
    expect(result.outcome).toBe('completed');
    expect(called.toSorted()).toEqual([...ids(chain('s', 10)), 'below.c0', 'below.c1'].toSorted());
  });

  it('there is none → nothing new begins, the child ends in its time, and the next run does the rest', async () => {
    const steps = [...chain('s', 30), step('below', { action: below(12), timeoutMs: 60_000 })];
    const parent = await startParent(steps, 25);
    const isHeld = async () => {
      const before = called.length;
      const { steps: reports } = await parent.run.progress();
      const running = reports.filter(({ state }) => state === 'running').map(({ id }) => id);
      return running.join() === 'below' && before > 10 && called.length === before;
    };
    await waitFor('the run to hold', isHeld);
    expect(called.length).toBeLessThan(30);
    expect(await parent.events()).toBeLessThan(4 * 25 + 30);
    expect(await timesLeft(parent)).toBe(0);
    const before = await parent.events();
    await signalRun(ostinato, parent.child, 'go', {});
    const result = await parent.run.result();
    expect(result.outcome).toBe('completed');
    const all = [...ids(chain('s', 30)), ...ids(chain('below.c', 12))];
    expect(called.toSorted()).toEqual(all.toSorted());
    // What 12 calls of the child cost its history, which grows no further meanwhile.
    expect((await parent.events()) - before).toBeLessThan(60);
    expect(result.results['below']?.isError).toBe(false);
    await waitFor('the list', async () => (await timesLeft(parent)) >= 1);
  });
});
