// Proves that a tree of runs shares one budget: real Temporal server, real workflows that ask each
// other, fake activities that count what arrives.
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Activities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { startAgent } from '../../client/index.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { PlanGoalResult } from '../../common/agent.ts';
import type { Plan } from '../../common/plan.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { treeBundle } from '../bench/support/budget/tree-bundle.ts';
import type { TreeInput, TreeNode } from '../bench/support/budget/tree-workflow.ts';
import { LIMITS, plan, step, TENANT, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
let bundle: string;
let toolCalls = 0;
let costUsd: number | null = 0;

const activities = {
  callTool: async () => {
    toolCalls += 1;
    return textResult('done');
  },
  checkPlan: async () => plan(),
  planGoal: async (input): Promise<PlanGoalResult> => ({
    kind: 'plan',
    plan: plan(step(`s${input.turn}`)),
    planner: { kind: 'model', provider: 'fake', model: 'fake-1' },
    conversation: { ...input.conversation, headVersion: input.conversation.headVersion + 2 },
    usage: { ...NO_USAGE, inputTokens: 90, outputTokens: 10, costUsd },
    toolsConsidered: [],
  }),
} satisfies Activities;

beforeAll(async () => {
  temporal = await startTemporal();
  bundle = await treeBundle();
  workers = await startWorkers(temporal.address, activities, 2, {}, bundle);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  toolCalls = 0;
  costUsd = 0;
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
  await rm(dirname(bundle), { recursive: true, force: true });
});

function runTree(maxToolCalls: number, own: number, children: readonly TreeNode[]) {
  const input: TreeInput = {
    ...{ tenant: TENANT, agent: 'test', written: null, queues: ONE_QUEUE, children },
    plan: wide(own),
    limits: { ...LIMITS, maxToolCalls, maxParallel: 50 },
  };
  return ostinato.temporal.workflow.execute<(input: TreeInput) => Promise<readonly string[]>>(
    'runTree',
    { workflowId: ulid(), taskQueue: ONE_QUEUE.agent, args: [input] },
  );
}

function wide(width: number): Plan {
  return plan(...Array.from({ length: width }, (_, index) => step(`s${index}`)));
}

const leaf = (width: number): TreeNode => ({ plan: wide(width), children: [] });

describe('tool calls of a tree', () => {
  it('50 at every level against 20 → exactly 20, and the runs that lack some say so', async () => {
    const outcomes = await runTree(20, 10, [
      leaf(15),
      { plan: wide(10), children: [leaf(5), leaf(10)] },
    ]);
    expect(toolCalls).toBe(20);
    expect(outcomes).toHaveLength(5);
    expect(outcomes).toContain('out-of-budget');
  });

  it('fewer than the budget → all are made', async () => {
    const outcomes = await runTree(20, 5, [leaf(5), leaf(5)]);
    expect(outcomes).toEqual(['completed', 'completed', 'completed']);
    expect(toolCalls).toBe(15);
  });
});

describe('model calls of a run', () => {
  it('maxTokens → stops in order after the call that reached it, by that name', async () => {
    const run = await startAgent(ostinato, { goal: 'Go on', limits: { maxTokens: 250 } });
    expect(await run.result()).toMatchObject({
      outcome: 'out-of-budget',
      limit: 'maxTokens',
      turns: 3,
      usage: { inputTokens: 270, outputTokens: 30 },
    });
  });

  it('maxCostUsd → stops by that name', async () => {
    costUsd = 0.02;
    const run = await startAgent(ostinato, { goal: 'Go on', limits: { maxCostUsd: 0.03 } });
    const result = await run.result();
    expect(result).toMatchObject({ outcome: 'out-of-budget', limit: 'maxCostUsd', turns: 2 });
  });

  it('a run that ended → found by tenant, agent, outcome, model and what it cost', async () => {
    costUsd = 0.02;
    const limits = { maxCostUsd: 0.03 };
    const run = await startAgent(ostinato, { goal: 'Go on', agent: 'spender', limits });
    await run.result();
    const { typedSearchAttributes } = await ostinato.temporal.workflow
      .getHandle(run.workflowId)
      .describe();
    const found = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    expect(Object.fromEntries(found)).toMatchObject({
      OstinatoTenant: 'default',
      OstinatoAgent: 'spender',
      OstinatoStatus: 'out-of-budget',
      OstinatoModel: 'fake-1',
      OstinatoCostUsd: 0.04,
    });
  });

  it('maxCostUsd and a model without a price → one call, since the limit could not be kept', async () => {
    costUsd = null;
    const run = await startAgent(ostinato, { goal: 'Go on', limits: { maxCostUsd: 0.03 } });
    const result = await run.result();
    expect(result).toMatchObject({ outcome: 'out-of-budget', limit: 'maxCostUsd', turns: 1 });
  });
});
