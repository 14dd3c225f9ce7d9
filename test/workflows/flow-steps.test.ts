// Proves what steps do that call no tool or have a fallback: they wait for a time or a signal, and run
// plans and agents as child runs that share budget, approvals and cancellation. Real Temporal server,
// real workflows, fake activities, and a worker cache of two runs, so that most runs are replayed.
import { ApplicationFailure } from '@temporalio/common';
import { Context, heartbeat } from '@temporalio/activity';
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OstinatoConnection, RunHandle, RunPlanResult } from '../../client/index.ts';
import {
  decide,
  listPending,
  pauseRun,
  resumeRun,
  runHandle,
  runPlan,
  signalRun,
} from '../../client/index.ts';
import { workflowIdOf } from '../../client/start-run.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { AgentLimits, PlanGoalInput, PlanGoalResult } from '../../common/agent.ts';
import type { RunPolicy } from '../../common/approval.ts';
import type { JsonValue } from '../../common/json.ts';
import type { Plan, PlanStep, StepAction } from '../../common/plan.ts';
import type { CallToolInput, ToolId, ToolResult } from '../../common/tool.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { after, LIMITS, output, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const calls: CallToolInput[] = [];
const goals: PlanGoalInput[] = [];
let behave: (input: CallToolInput) => ToolResult | Promise<ToolResult>;
let planFor: (input: PlanGoalInput) => Plan | string;

const activities = {
  callTool: async (input: CallToolInput) => {
    calls.push(input);
    return behave(input);
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
    const next = planFor(input);
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

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities as never);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  calls.length = 0;
  goals.length = 0;
  behave = () => textResult('ok');
  planFor = ({ turn }) => (turn === 1 ? plan(step('look')) : 'found it');
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

interface Given {
  readonly limits?: Partial<AgentLimits>;
  readonly policy?: RunPolicy;
}

function start(steps: readonly PlanStep[], given: Given = {}): Promise<RunHandle<RunPlanResult>> {
  const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
  return runPlan(ostinato, { plan: written, runId: ulid(), ...given }, plan(...steps));
}

const run = async (steps: readonly PlanStep[], given?: Given) =>
  (await start(steps, given)).result();
const literal = (value: JsonValue) => ({ kind: 'literal', value }) as const;
const acts = (id: string, action: StepAction, given: Partial<PlanStep> = {}): PlanStep =>
  step(id, { tool: action.kind as ToolId, effect: 'non-idempotent', action, ...given });
const waits = (id: string, args: PlanStep['args'], given: Partial<PlanStep> = {}) =>
  acts(id, { kind: 'wait' }, { args, ...given });
const signal = (id: string, name: string, given: Partial<PlanStep> = {}) =>
  acts(id, { kind: 'signal', name }, given);
const subPlan = (id: string, steps: readonly PlanStep[], given: Partial<PlanStep> = {}) =>
  acts(
    id,
    {
      kind: 'plan',
      plan: plan(acts('args', { kind: 'value' }, { effect: 'read' }), ...steps),
      returns: null,
    },
    { timeoutMs: 60_000, ...given },
  );
const agent = (id: string, goal: PlanStep['args'][string], given: Partial<PlanStep> = {}) =>
  acts(id, { kind: 'agent', limits: {} }, { args: { goal }, timeoutMs: 60_000, ...given });
const states = ({ steps }: Pick<RunPlanResult, 'steps'>) =>
  Object.fromEntries(steps.map(({ id, state }) => [id, state]));

async function untilRuns(handle: RunHandle<RunPlanResult>, id: string): Promise<void> {
  await waitFor(`step ${id} to run`, async () => {
    const progress = await handle.progress().catch(() => null);
    return progress?.steps.find((each) => each.id === id)?.state === 'running';
  });
}

describe('a wait for a time', () => {
  it('holds what needs it, takes no place of what works, and says until when', async () => {
    const result = await run(
      [
        waits('w', { seconds: literal(0.3) }),
        waits('past', { until: literal('2020-01-01T00:00:00Z') }),
        step('one'),
        step('two'),
        step('late', { args: { at: output('w', 'until') } }),
      ],
      { limits: { maxParallel: 1 } },
    );
    expect(result.outcome).toBe('completed');
    const ended = new Map(result.steps.map(({ id, endedAtMs }) => [id as string, endedAtMs ?? 0]));
    expect(ended.get('late')).toBeGreaterThanOrEqual(ended.get('w') ?? 0);
    expect(ended.get('two')).toBeLessThan(ended.get('w') ?? 0);
    const report = result.steps.find(({ id }) => id === 'w');
    expect(report?.endedAtMs).toBeGreaterThanOrEqual(report?.untilMs ?? Infinity);
    expect(calls.at(-1)?.args).toEqual({ at: new Date(report?.untilMs ?? 0).toISOString() });
  });

  it.each([
    [{ until: literal('tomorrow') }, 'a time with its zone'],
    [{ seconds: literal('x') }, 'a number from 0 to 604800'],
    [{ seconds: literal(3_600) }, 'raise maxWallMs'],
  ])('%j → the step fails and says why', async (args, said) => {
    const result = await run([waits('w', args)], { limits: { maxWallMs: 60_000 } });
    expect(result.outcome).toBe('failed');
    expect(result.reason).toContain(said);
  });

  it('the run is cancelled, or the plan aborted → it ends at once', async () => {
    const handle = await start([waits('w', { seconds: literal(600) })]);
    await untilRuns(handle, 'w');
    await handle.cancel('enough');
    expect(states(await handle.result())).toEqual({ w: 'cancelled' });
    behave = () => textResult('no', true);
    const aborted = await run([waits('w', { seconds: literal(600) }), step('bad')]);
    expect(states(aborted)).toEqual({ w: 'cancelled', bad: 'failed' });
  });
});

describe('a wait for a signal', () => {
  it('what comes with it → the answer of the step; one before its wait is kept', async () => {
    const handle = await start([
      signal('go', 'go'),
      signal('paid', 'paid', after('go')),
      step('use', { args: { amount: output('paid', 'amount') } }),
    ]);
    await untilRuns(handle, 'go');
    await signalRun(ostinato, handle.runId, 'paid', { amount: 12 });
    await signalRun(ostinato, handle.runId, 'go');
    expect((await handle.result()).outcome).toBe('completed');
    expect(calls[0]?.args).toEqual({ amount: 12 });
  });

  it('refused: another tenant’s, no name, too much, too many; a run that is over', async () => {
    const handle = await start([signal('go', 'go'), signal('end', 'end', after('go'))]);
    await untilRuns(handle, 'go');
    const other = { ...ostinato, tenant: { ...ostinato.tenant, tenantId: 'other' as never } };
    await expect(signalRun(other, handle.runId, 'go')).rejects.toMatchObject({ code: 'not-found' });
    const raw = ostinato.temporal.workflow.getHandle(handle.workflowId).executeUpdate('signal', {
      args: [{ tenantId: 'other', actor: 'x', name: 'go', payload: 1 }],
    });
    await expect(raw).rejects.toThrow();
    await expect(signalRun(ostinato, handle.runId, 'a b')).rejects.toThrow(/is called by/);
    await expect(signalRun(ostinato, handle.runId, 'go', 'x'.repeat(40_000))).rejects.toThrow(
      /40002 characters/,
    );
    await signalRun(ostinato, handle.runId, 'end');
    await signalRun(ostinato, handle.runId, 'go', 'text');
    const result = await handle.result();
    expect(result.results['go']?.content).toEqual([{ kind: 'text', text: 'text' }]);
    await expect(signalRun(ostinato, handle.runId, 'go')).rejects.toMatchObject({
      code: 'already-ended',
    });
  });

  it('nobody sends it in time → the step fails; an optional one lets the rest go on', async () => {
    const result = await run([
      signal('go', 'go', { timeoutMs: 100, optional: true }),
      step('use', after('go')),
    ]);
    expect(states(result)).toEqual({ go: 'failed', use: 'done' });
    expect(result.steps[0]?.problem).toContain('The signal "go" did not come by');
  });
});

describe('a run that continues as new while a step waits', () => {
  it('what came is not lost, and the waits end when they were to end', async () => {
    const steps = [
      signal('go', 'go'),
      waits('w', { seconds: literal(1.5) }),
      ...[1, 2, 3, 4].map((at) => step(`s${at}`, at === 1 ? {} : after(`s${at - 1}`))),
      signal('kept', 'kept', after('go')),
    ];
    behave = async ({ idempotencyKey }) => {
      // The first that is called sees the signal that nobody waits for yet.
      const runId = /run:([^/]+)/.exec(idempotencyKey)?.[1] ?? '';
      if (idempotencyKey.includes('/s1/')) await signalRun(ostinato, runId, 'kept', { n: 1 });
      return textResult('ok');
    };
    const runId = ulid();
    const handle = await ostinato.temporal.workflow.start('runPlan', {
      workflowId: workflowIdOf(ostinato, runId),
      taskQueue: ONE_QUEUE.agent,
      args: [
        {
          ...{ tenant: ostinato.tenant, agent: 'plan', written: null, queues: ONE_QUEUE },
          ...{ plan: plan(...steps), limits: LIMITS, leaveAfterEvents: 15 },
        },
      ],
    });
    await waitFor('the run to continue as new', async () => {
      const { runId: latest } = await ostinato.temporal.workflow
        .getHandle(handle.workflowId)
        .describe();
      return latest !== handle.firstExecutionRunId;
    });
    await signalRun(ostinato, runId, 'go');
    const result = await runHandle<RunPlanResult>(ostinato, runId).result();
    expect(result.outcome).toBe('completed');
    expect(result.results['kept']?.structured).toEqual({ n: 1 });
    const wait = result.steps.find(({ id }) => id === 'w');
    expect(result.results['w']?.structured).toEqual({
      until: new Date(wait?.untilMs ?? 0).toISOString(),
    });
    expect(calls).toHaveLength(4);
  });
});

describe('a plan inside of a plan', () => {
  it('gets its arguments, runs as a run of its own, answers with its steps', async () => {
    behave = ({ args }) => ({ ...textResult(''), structured: { got: args['v'] ?? 'first' } });
    const handle = await start([
      step('first'),
      subPlan(
        'sub',
        [
          step('in', { args: { v: output('args', 'name') } }),
          step('next', { args: { v: output('in', 'got') } }),
        ],
        { args: { name: output('first', 'got') } },
      ),
      step('last', { args: { v: output('sub', 'next.got') } }),
    ]);
    const result = await handle.result();
    expect(result.outcome).toBe('completed');
    expect(calls.map(({ args }) => args)).toEqual([
      {},
      { v: 'first' },
      { v: 'first' },
      { v: 'first' },
    ]);
    expect(result.results['sub']?.structured).toEqual({
      in: { got: 'first' },
      next: { got: 'first' },
    });
    const runId = result.steps.find(({ id }) => id === 'sub')?.run ?? '';
    expect(runId).toBe(`${handle.runId}.sub`);
    const child = await runHandle<RunPlanResult>(ostinato, runId).result();
    expect(states(child)).toEqual({ args: 'done', in: 'done', next: 'done' });
  });

  it('for each item of a list → a run an item', async () => {
    behave = ({ args }) => textResult(String(args['v']));
    const result = await run([
      subPlan('map', [step('in', { args: { v: output('args', 'name') } })], {
        args: { name: { kind: 'output', step: 'item' as never, path: '' } },
        forEach: { items: literal(['a', 'b', 'c']), maxParallel: 2 },
      }),
    ]);
    expect(result.results['map']?.structured).toEqual({
      items: [{ in: 'a' }, { in: 'b' }, { in: 'c' }],
    });
    expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3);
  });

  it('a step of it fails → so does the step, with why; a large answer goes by reference', async () => {
    behave = () => textResult('no', true);
    const failed = await run([subPlan('sub', [step('in')])]);
    expect(failed.reason).toContain('Its plan ended failed: Step "in" (fake/tool) failed');
    behave = () => textResult('x'.repeat(20_000));
    const large = await run([subPlan('sub', [step('in'), step('on')])]);
    expect(large.results['sub']?.artifact?.artifactId).toBe('kept');
  });

  it('deeper than five runs → refused by the run that would start it', async () => {
    let inner: PlanStep = step('leaf');
    for (let depth = 0; depth < 6; depth += 1) inner = subPlan('p', [inner]);
    const result = await run([inner]);
    expect(result.reason).toContain('This run is 5 runs below the first');
    expect(calls).toHaveLength(0);
  });

  it('calls of all runs together → within the budget of the first, which says so', async () => {
    const five = [1, 2, 3, 4, 5].map((at) => step(`s${at}`));
    const result = await run([subPlan('a', five), subPlan('b', five), step('own')], {
      limits: { maxToolCalls: 7 },
    });
    expect(result.outcome).toBe('out-of-budget');
    expect(result.reason).toContain('maxToolCalls');
    expect(calls).toHaveLength(7);
  });

  it('the first run is paused → nothing below it starts, until it is resumed', async () => {
    const handle = await start([subPlan('sub', [step('one'), step('two', after('one'))])]);
    const parent = ostinato.temporal.workflow.getHandle(handle.workflowId);
    const below = ostinato.temporal.workflow.getHandle(`${handle.workflowId}.sub`);
    behave = async ({ idempotencyKey }) => {
      if (idempotencyKey.includes('/one/')) {
        await pauseRun(ostinato, handle.runId);
        // What the child was lent is its own until the recall is there.
        await waitFor('the calls that were lent to be recalled', async () => {
          const { events } = await below.fetchHistory();
          return (events ?? []).some(
            (event) =>
              event.workflowExecutionSignaledEventAttributes?.signalName === 'budgetRecall',
          );
        });
      }
      return textResult('ok');
    };
    await waitFor('the child to ask for its second call', async () => {
      const { events } = await parent.fetchHistory();
      const asked = (events ?? []).filter(
        (event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'budgetAsk',
      );
      return asked.length === 2;
    });
    const child = await runHandle<RunPlanResult>(ostinato, `${handle.runId}.sub`).progress();
    expect(states(child)).toMatchObject({ one: 'done', two: 'waiting' });
    expect(calls).toHaveLength(1);
    await resumeRun(ostinato, handle.runId);
    expect((await handle.result()).outcome).toBe('completed');
    expect(calls).toHaveLength(2);
  });

  it('the first run is cancelled → the tool of the innermost is told to stop', async () => {
    let stopped = false;
    behave = async () => {
      const beat = setInterval(() => heartbeat(), 100);
      try {
        return await Context.current().cancelled;
      } catch (error) {
        stopped = true;
        throw error;
      } finally {
        clearInterval(beat);
      }
    };
    const handle = await start([
      subPlan('a', [subPlan('b', [step('held', { timeoutMs: 60_000 })])]),
    ]);
    await waitFor('the tool to be called', async () => calls.length === 1);
    await handle.cancel('enough');
    const result = await handle.result();
    expect(result.outcome).toBe('cancelled');
    expect(stopped).toBe(true);
    const inner = runHandle<RunPlanResult>(ostinato, `${handle.runId}.a.b`);
    await expect(inner.result()).rejects.toThrow(/cancel/i);
  });
});

describe('an agent inside of a plan', () => {
  it('its answer → that of the step; policy, limits and tools used go along', async () => {
    const result = await run([
      step('name'),
      agent('ask', {
        kind: 'template',
        parts: ['Look for ', { kind: 'output', step: 'name' as never, path: '$text' }],
      }),
      step('use', { args: { text: output('ask', 'answer') } }),
    ]);
    expect(result.outcome).toBe('completed');
    expect(goals.map(({ goal }) => goal)).toEqual(['Look for ok', 'Look for ok']);
    expect(goals[0]?.toolsBeside).toContain('fake/tool');
    expect(calls.at(-1)?.args).toEqual({ text: 'found it' });
  });

  it('a call of it waits for a person → found and decided by the id, at any depth', async () => {
    const handle = await start([subPlan('sub', [agent('ask', literal('do it'))])], {
      policy: { approvals: [{ tool: 'fake/*', reason: 'asked' }] },
    });
    let id = '';
    await waitFor('the call to wait', async () => {
      id = (await listPending(ostinato))[0]?.id ?? '';
      return id !== '';
    });
    expect(id).toBe(`${handle.runId}.sub.ask~look~1`);
    const other = { ...ostinato, tenant: { ...ostinato.tenant, tenantId: 'other' as never } };
    await expect(decide(other, id, { verdict: 'approve' })).rejects.toMatchObject({
      code: 'not-found',
    });
    await decide(ostinato, id, { verdict: 'approve', args: { edited: true } });
    expect((await handle.result()).outcome).toBe('completed');
    expect(calls[0]?.args).toEqual({ edited: true });
    await expect(decide(ostinato, id, { verdict: 'approve' })).rejects.toThrow();
  });

  it.each([
    ['maxTokens', 250],
    ['maxCostUsd', 0.025],
  ])(
    '%s %d, two agents of 2 calls of 100 tokens and a cent → 3 calls, and the run says which limit',
    async (limit, most) => {
      const agents = [agent('a', literal('x')), agent('b', literal('y'))];
      const result = await run(agents, { limits: { [limit]: most } });
      expect(result).toMatchObject({ outcome: 'out-of-budget', reason: `Reached ${limit}.` });
      expect(goals).toHaveLength(3);
    },
  );

  it('it cannot answer → the step fails and says why', async () => {
    planFor = ({ turn }) => plan(step(`s${turn}`));
    const result = await run([agent('ask', literal('x'))], { limits: { maxToolCalls: 2 } });
    expect(result.outcome).toBe('out-of-budget');
    expect(result.steps[0]?.problem).toContain('The agent reached its maxToolCalls');
    expect(calls).toHaveLength(2);
  });
});

describe('a fallback', () => {
  const spare = {
    tool: 'spare/tool' as ToolId,
    args: { q: literal('b') },
    effect: 'read',
    fingerprint: null,
    timeoutMs: 5_000,
  } as const;

  it('the tool fails for good → the fallback answers, and the step says so', async () => {
    behave = ({ tool, idempotencyKey }) => {
      if (tool !== 'spare/tool' && idempotencyKey.includes('/a/'))
        throw ApplicationFailure.nonRetryable('down', 'Tool.Unavailable');
      return textResult('ok');
    };
    const result = await run([
      step('a', { fallback: spare }),
      step('b', { args: { v: output('a') } }),
    ]);
    expect(result.outcome).toBe('completed');
    expect(calls.map(({ tool }) => tool)).toEqual(['fake/tool', 'spare/tool', 'fake/tool']);
    expect(calls[1]?.insteadOf).toBe(calls[0]?.idempotencyKey);
    expect(calls[1]?.idempotencyKey).not.toBe(calls[0]?.idempotencyKey);
    expect(result.steps[0]?.degraded).toMatchObject([{ kind: 'fallback', tool: 'spare/tool' }]);
    expect(result.steps[0]?.degraded?.[0]?.why).toContain('down');
  });

  it('a read that refuses → asked too; a tool that changes things and refuses → not', async () => {
    behave = ({ tool }) => textResult('no', tool !== 'spare/tool');
    const read = await run([step('a', { fallback: spare })]);
    expect(read.outcome).toBe('completed');
    calls.length = 0;
    const write = await run([step('a', { fallback: spare, effect: 'non-idempotent' })]);
    expect(write.outcome).toBe('failed');
    expect(calls).toHaveLength(1);
  });

  it('nobody knows whether the tool acted, or a person said no → not asked', async () => {
    behave = () => {
      throw ApplicationFailure.nonRetryable('lost', 'Tool.OutcomeUnknown');
    };
    const unknown = await run([step('a', { fallback: spare, effect: 'non-idempotent' })]);
    expect(unknown.reason).toContain('lost');
    expect(calls).toHaveLength(1);
    calls.length = 0;
    const late = await run([step('a', { fallback: spare })], {
      policy: { approvals: [{ tool: 'fake/*' }], approvalTimeoutMs: 1_000 },
    });
    expect(late.reason).toContain('nobody approved it in time');
    expect(calls).toHaveLength(0);
  });

  it('it fails too → both reasons; no call is left for it → the limit', async () => {
    behave = ({ tool }) => {
      throw ApplicationFailure.nonRetryable(`${tool} is down`, 'Tool.Unavailable');
    };
    const both = await run([step('a', { fallback: spare })]);
    expect(both.reason).toContain('fake/tool is down');
    expect(both.reason).toContain('Its fallback spare/tool failed too: spare/tool is down');
    const broke = await run([step('a', { fallback: spare })], { limits: { maxToolCalls: 1 } });
    expect(broke.outcome).toBe('out-of-budget');
  });
});
