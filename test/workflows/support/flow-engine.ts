// Real Temporal server, real workflows, fake activities, and a worker cache of two runs, so that most
// runs are replayed: for tests of steps that wait, are runs of their own, or have a fallback.
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { OstinatoConnection, RunHandle, RunPlanResult } from '../../../client/index.ts';
import { runPlan } from '../../../client/index.ts';
import { NO_USAGE } from '../../../common/add-usage.ts';
import type { AgentLimits, PlanGoalInput, PlanGoalResult } from '../../../common/agent.ts';
import type { RunPolicy } from '../../../common/approval.ts';
import type { Plan, PlanStep, StepAction } from '../../../common/plan.ts';
import type { CallToolInput, ToolId, ToolResult } from '../../../common/tool.ts';
import type { TemporalServer } from '../../../workers/temporal-server.ts';
import { plan, step, textResult } from '../../support/plans.ts';
import type { RunningWorkers } from '../../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../../support/temporal.ts';
import { waitFor } from '../../support/wait-for.ts';
import { whileBeating } from '../../support/while-beating.ts';

/** What the fake activities were asked since the test began. */
export const calls: CallToolInput[] = [];
export const goals: PlanGoalInput[] = [];

interface Flow {
  ostinato: OstinatoConnection;
  /** What tools do. */
  behave: (input: CallToolInput) => ToolResult | Promise<ToolResult>;
  /** What agents plan; a text is their answer. */
  planFor: (input: PlanGoalInput) => Plan | string;
}

/** A test may change how the activities answer; the next one begins as new. */
export const flow = {} as Flow;

const activities = {
  callTool: async (input: CallToolInput) => {
    calls.push(input);
    return whileBeating(() => flow.behave(input));
  },
  checkPlan: async () => plan(step('checked')),
  checkArguments: async () => undefined,
  keepResult: async ({ result }: { result: ToolResult }): Promise<ToolResult> => ({
    ...result,
    structured: null,
    artifact: { artifactId: 'kept', mediaType: 'application/json', bytes: 9, sha256: '' },
  }),
  planGoal: async (input: PlanGoalInput): Promise<PlanGoalResult> => {
    goals.push(input);
    const next = flow.planFor(input);
    return {
      planner: { kind: 'model', provider: 'fake', model: 'fake-1' },
      conversation: { ...input.conversation, headVersion: input.conversation.headVersion + 1 },
      usage: { ...NO_USAGE, inputTokens: 90, outputTokens: 10, costUsd: 0.01 },
      toolsConsidered: [],
      ...(typeof next === 'string'
        ? { kind: 'answer', answer: next }
        : { kind: 'plan', plan: next }),
    };
  },
};

/** For the top of a file: starts all of it, and stops it after the last test. */
export function useFlowEngine(): void {
  let temporal: TemporalServer;
  let workers: RunningWorkers;

  beforeAll(async () => {
    temporal = await startTemporal();
    workers = await startWorkers(temporal.address, activities as never);
    flow.ostinato = await connectTo(temporal.address);
  });

  beforeEach(() => {
    calls.length = 0;
    goals.length = 0;
    flow.behave = () => textResult('ok');
    flow.planFor = ({ turn }) => (turn === 1 ? plan(step('look')) : 'found it');
  });

  afterAll(async () => {
    await flow.ostinato?.close();
    await workers?.stop();
    await temporal?.stop();
  });
}

export interface Given {
  readonly limits?: Partial<AgentLimits>;
  readonly policy?: RunPolicy;
}

export function start(
  steps: readonly PlanStep[],
  given: Given = {},
): Promise<RunHandle<RunPlanResult>> {
  const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
  return runPlan(flow.ostinato, { plan: written, runId: ulid(), ...given }, plan(...steps));
}

export const run = async (steps: readonly PlanStep[], given?: Given) =>
  (await start(steps, given)).result();
export const acts = (id: string, action: StepAction, given: Partial<PlanStep> = {}): PlanStep =>
  step(id, { tool: action.kind as ToolId, effect: 'non-idempotent', action, ...given });
export const waits = (id: string, args: PlanStep['args'], given: Partial<PlanStep> = {}) =>
  acts(id, { kind: 'wait' }, { args, ...given });
export const signal = (id: string, name: string, given: Partial<PlanStep> = {}) =>
  acts(id, { kind: 'signal', name }, given);
export const subPlan = (id: string, steps: readonly PlanStep[], given: Partial<PlanStep> = {}) =>
  acts(
    id,
    {
      kind: 'plan',
      plan: plan(acts('args', { kind: 'value' }, { effect: 'read' }), ...steps),
      returns: null,
    },
    { timeoutMs: 60_000, ...given },
  );
export const agent = (id: string, goal: PlanStep['args'][string], given: Partial<PlanStep> = {}) =>
  acts(id, { kind: 'agent', limits: {} }, { args: { goal }, timeoutMs: 60_000, ...given });
export const states = ({ steps }: Pick<RunPlanResult, 'steps'>) =>
  Object.fromEntries(steps.map(({ id, state }) => [id, state]));

export async function untilRuns(handle: RunHandle<RunPlanResult>, id: string): Promise<void> {
  await waitFor(`step ${id} to run`, async () => {
    const progress = await handle.progress().catch(() => null);
    return progress?.steps.find((each) => each.id === id)?.state === 'running';
  });
}
