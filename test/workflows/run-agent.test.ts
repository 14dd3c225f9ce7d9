// Proves the agent loop: real Temporal server, real workflow, a scripted planner and a fake tool.
import { ApplicationFailure } from '@temporalio/common';
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Activities, WorkerActivities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { pauseRun, runHandle, runPlan, startAgent } from '../../client/index.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type {
  AgentLimits,
  AgentResult,
  PlanGoalInput,
  PlanGoalResult,
} from '../../common/agent.ts';
import type { Plan } from '../../common/plan.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { after, literal, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

type Decision =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'answer'; readonly answer: string }
  | { readonly kind: 'needs-input'; readonly question: string }
  | { readonly kind: 'gave-up'; readonly reason: string };

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
let decide: (input: PlanGoalInput) => Decision | Promise<Decision>;
const asked: PlanGoalInput[] = [];
const stopped: PlanGoalInput[] = [];
let callTool: () => Promise<void>;

const activities = {
  callTool: async (input) => {
    const id = input.idempotencyKey.split('/').at(-2) ?? '';
    if (id.startsWith('bad')) throw ApplicationFailure.nonRetryable('it broke', 'Tool.Unavailable');
    await callTool();
    return textResult(`${id} says hello`);
  },
  checkPlan: async () => plan(),
  keepStopped: async (input) => void stopped.push(input),
  planGoal: async (input): Promise<PlanGoalResult> => {
    asked.push(input);
    return {
      ...(await decide(input)),
      planner: { kind: 'model', provider: 'fake', model: 'fake-1' },
      conversation: {
        ...input.conversation,
        headVersion: input.conversation.headVersion + 2,
      },
      usage: { ...NO_USAGE, inputTokens: 10, outputTokens: 5, costUsd: null },
      toolsConsidered: [],
    };
  },
} satisfies Pick<WorkerActivities, keyof Activities | 'keepStopped'>;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  asked.length = 0;
  stopped.length = 0;
  callTool = () => Promise.resolve();
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

async function run(limits: Partial<AgentLimits> = {}): Promise<AgentResult> {
  return (await startAgent(ostinato, { goal: 'Say hello', limits })).result();
}

/** Plans once, then answers. */
function planThenAnswer(first: Plan): typeof decide {
  return ({ turn }) =>
    turn === 1 ? { kind: 'plan', plan: first } : { kind: 'answer', answer: 'Done.' };
}

describe('runAgent', () => {
  it('plan, then answer → answered with steps, turns and usage', async () => {
    decide = planThenAnswer(plan(step('one'), step('two', after('one'))));
    const result = await run();
    expect(result).toMatchObject({
      outcome: 'answered',
      answer: 'Done.',
      turns: 2,
      toolCalls: 2,
      planner: { kind: 'model', provider: 'fake', model: 'fake-1' },
      usage: { inputTokens: 20, outputTokens: 10, costUsd: null },
    });
    expect(result.steps.map(({ id, state }) => [id, state])).toEqual([
      ['one', 'done'],
      ['two', 'done'],
    ]);
  });

  it('second turn → the planner gets only the new results and the ids already used', async () => {
    decide = planThenAnswer(plan(step('one')));
    await run();
    expect(asked[0]).toMatchObject({ turn: 1, observations: [], usedStepIds: [] });
    expect(asked[1]).toMatchObject({ turn: 2, usedStepIds: ['one'] });
    expect(asked[1]?.conversation.headVersion).toBe(2);
    const [seen] = asked[1]?.observations ?? [];
    expect(seen?.result?.content).toEqual([{ kind: 'text', text: 'one says hello' }]);
  });

  it('a failed step → shown to the planner, which may plan again', async () => {
    decide = ({ turn, observations }) => {
      if (turn === 1) return { kind: 'plan', plan: plan(step('bad')) };
      if (turn === 2) return { kind: 'plan', plan: plan(step('good')) };
      return { kind: 'answer', answer: `after ${observations[0]?.step.id}` };
    };
    const result = await run();
    expect(result).toMatchObject({ outcome: 'answered', answer: 'after good', turns: 3 });
    expect(asked[1]?.observations[0]).toMatchObject({
      step: { id: 'bad', state: 'failed', problem: 'it broke' },
      result: null,
    });
  });

  it('something missing → needs-input with the question, nothing was run', async () => {
    decide = () => ({ kind: 'needs-input', question: 'Which file?' });
    const result = await run();
    expect(result).toMatchObject({ outcome: 'needs-input', question: 'Which file?', toolCalls: 0 });
  });

  it('the planner gives up → failed with its reason', async () => {
    decide = () => ({ kind: 'gave-up', reason: 'No tool can do that.' });
    expect(await run()).toMatchObject({ outcome: 'failed', reason: 'No tool can do that.' });
  });

  it('the planner fails for good → failed, naming why', async () => {
    decide = () => {
      throw ApplicationFailure.nonRetryable('key refused', 'Llm.Authentication');
    };
    const result = await run();
    expect(result).toMatchObject({
      outcome: 'failed',
      reason: 'The planner failed: key refused',
    });
  });

  it('a planner that never answers → stops at maxTurns', async () => {
    decide = ({ turn }) => ({ kind: 'plan', plan: plan(step(`s${turn}`)) });
    const result = await run({ maxTurns: 3 });
    expect(result).toMatchObject({ outcome: 'out-of-budget', limit: 'maxTurns', turns: 3 });
    expect(result.toolCalls).toBe(3);
  });

  it('maxToolCalls → shared by all plans of the run', async () => {
    decide = ({ turn }) => ({ kind: 'plan', plan: plan(step(`a${turn}`), step(`b${turn}`)) });
    const result = await run({ maxToolCalls: 3 });
    expect(result).toMatchObject({ outcome: 'out-of-budget', limit: 'maxToolCalls', toolCalls: 3 });
  });

  it('maxWallMs passes while it is planning → ends out of budget by that name', async () => {
    let release = (): void => undefined;
    decide = async () => {
      await new Promise<void>((resolve) => (release = resolve));
      return { kind: 'answer', answer: 'too late' };
    };
    const result = await run({ maxWallMs: 1_000 });
    release();
    expect(result).toMatchObject({ outcome: 'out-of-budget', limit: 'maxWallMs', turns: 1 });
  });

  it('cancelled while planning → cancelled with the reason', async () => {
    let release = (): void => undefined;
    decide = async () => {
      await new Promise<void>((resolve) => (release = resolve));
      return { kind: 'answer', answer: 'too late' };
    };
    const handle = await startAgent(ostinato, { goal: 'Wait' });
    await waitFor('the planner to be asked', () => asked.length === 1);
    await handle.cancel('changed my mind');
    const result = await handle.result();
    release();
    expect(result).toMatchObject({ outcome: 'cancelled', reason: 'changed my mind', turns: 1 });
    expect(stopped).toEqual(asked);
  });

  it('cancelled before its first turn, which waits for the budget that it shares → what was said is kept', async () => {
    let release = (): void => undefined;
    decide = async () => {
      await new Promise<void>((resolve) => (release = resolve));
      return { kind: 'answer', answer: 'late' };
    };
    const agent = (goal: string) =>
      step(goal, {
        ...{ action: { kind: 'agent', limits: {} }, args: { goal: literal(goal) } },
        ...{ onFailure: 'skip-dependents', timeoutMs: 60_000 },
      });
    const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
    const request = { plan: written, runId: ulid(), limits: { maxTokens: 1_000 } };
    const parent = await runPlan(ostinato, request, plan(agent('One'), agent('Two')));
    await waitFor('one to be planned', () => asked.length === 1);
    const waiting = asked[0]?.goal === 'One' ? 'Two' : 'One';
    const child = runHandle<AgentResult>(ostinato, `${parent.runId}.${waiting}`);
    await waitFor('the other to begin', () => child.progress().catch(() => null));
    await child.cancel('changed my mind');
    expect(await child.result()).toMatchObject({ outcome: 'cancelled', turns: 0 });
    release();
    await parent.result();
    expect(asked).toHaveLength(1);
    expect(stopped).toMatchObject([{ goal: waiting, turn: 1, observations: [] }]);
  });

  it('cancelled while paused between two turns → what the steps brought is kept', async () => {
    let letGo = (): void => undefined;
    callTool = () => new Promise<void>((resolve) => (letGo = resolve));
    decide = () => ({ kind: 'plan', plan: plan(step('look')) });
    const handle = await startAgent(ostinato, { goal: 'Look' });
    await waitFor('the step to run', async () => {
      return (await handle.progress()).steps[0]?.state === 'running';
    });
    await pauseRun(ostinato, handle.runId);
    letGo();
    await waitFor('the step to end', async () => {
      return (await handle.progress()).steps[0]?.state === 'done';
    });
    await handle.cancel('not needed');
    expect(await handle.result()).toMatchObject({ outcome: 'cancelled', turns: 1 });
    expect(stopped).toMatchObject([
      { goal: 'Look', turn: 2, observations: [{ step: { id: 'look' } }] },
    ]);
  });

  it('an empty goal → refused before anything starts', async () => {
    await expect(startAgent(ostinato, { goal: '  ' })).rejects.toMatchObject({
      code: 'bad-input',
    });
  });
});
