// Proves that a run stays with the version of the workers that began it, and moves to the current one
// where it continues as new: a real Temporal server, real workflows, two versions of the workers whose
// tools say which one they are.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkerActivities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { inspectEngine, runHandle, useWorkerVersion } from '../../client/index.ts';
import { runAttributes, workflowIdOf } from '../../client/start-run.ts';
import type { RunPlanInput, RunPlanResult } from '../../common/agent.ts';
import type { Plan } from '../../common/plan.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { after, LIMITS, plan, step, TENANT, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';
import { whileBeating } from '../support/while-beating.ts';

let temporal: TemporalServer;
let ostinato: OstinatoConnection;
const running: RunningWorkers[] = [];
const gate = Promise.withResolvers<void>();
const started: string[] = [];

function activitiesOf(version: string): WorkerActivities {
  return {
    callTool: async ({ idempotencyKey, args }) => {
      started.push(idempotencyKey.split('/').slice(-3, -1).join('/'));
      if (args['wait'] === true) await whileBeating(() => gate.promise);
      return textResult(version);
    },
    checkPlan: async () => plan(),
    checkArguments: async () => undefined,
    findConversation: async ({ conversationId }) => ({ conversationId, headVersion: 0 }),
    keepResult: async ({ result }) => result,
    planGoal: async () => {
      throw new Error('not used here');
    },
  } as WorkerActivities;
}

async function start(buildId: string): Promise<void> {
  const version = { deployment: 'ostinato', buildId };
  const activities = activitiesOf(buildId);
  running.push(await startWorkers(temporal.address, activities, 2, {}, null, version));
  await useWorkerVersion(ostinato, { buildId });
}

beforeAll(async () => {
  temporal = await startTemporal();
  ostinato = await connectTo(temporal.address);
  await start('v1');
});

afterAll(async () => {
  gate.resolve();
  await ostinato?.close();
  for (const workers of running) await workers.stop();
  await temporal?.stop();
});

const CHAIN = plan(
  step('a', { args: { wait: { kind: 'literal', value: true } } }),
  step('b', after('a')),
  step('c', after('b')),
);

/** @param leaveAfterEvents of the history; the run then continues as new. */
async function startRun(runId: string, steps: Plan, leaveAfterEvents?: number): Promise<void> {
  const input: RunPlanInput = {
    tenant: TENANT,
    agent: 'plan',
    plan: steps,
    written: null,
    limits: LIMITS,
    queues: ONE_QUEUE,
    ...(leaveAfterEvents === undefined ? {} : { leaveAfterEvents }),
  };
  await ostinato.temporal.workflow.start('runPlan', {
    workflowId: workflowIdOf(ostinato, runId),
    taskQueue: ONE_QUEUE.agent,
    typedSearchAttributes: runAttributes(ostinato, 'plan'),
    args: [input],
  });
}

const servedBy = ({ results }: RunPlanResult): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(results).map(([id, { content }]) => {
      const [block] = content;
      return [id, block?.kind === 'text' ? block.text : null];
    }),
  );

/** Servers before 1.30 keep a run with its version also where it continues as new. */
async function knowsMoves(): Promise<boolean> {
  const { temporalVersion } = await inspectEngine(ostinato);
  const [major = 0, minor = 0] = temporalVersion.split('.').map(Number);
  return major > 1 || minor >= 30;
}

describe('a second version of the workers becomes current', () => {
  it('open runs end on the first; one that continues as new moves on, where Temporal can; new ones begin on the second', async () => {
    await startRun('stays', CHAIN);
    await startRun('moves', CHAIN, 5);
    await waitFor('both runs', () => started.filter((call) => call.endsWith('/a')).length === 2);
    await start('v2');
    await startRun('fresh', plan(step('x')));
    const fresh = await runHandle<RunPlanResult>(ostinato, 'fresh').result();
    expect(servedBy(fresh)).toEqual({ x: 'v2' });
    gate.resolve();
    const stays = await runHandle<RunPlanResult>(ostinato, 'stays').result();
    expect(servedBy(stays)).toEqual({ a: 'v1', b: 'v1', c: 'v1' });
    const moves = await runHandle<RunPlanResult>(ostinato, 'moves').result();
    const rest = (await knowsMoves()) ? 'v2' : 'v1';
    expect(servedBy(moves)).toEqual({ a: 'v1', b: rest, c: rest });
    expect(new Set(started).size).toBe(started.length);
  });

  it('a version that no worker has → says so', async () => {
    await expect(useWorkerVersion(ostinato, { buildId: 'v9', withinMs: 0 })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('ostinato.v9'),
    });
  });
});
