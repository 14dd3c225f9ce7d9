// Proves that steps wait for a time or a signal, also over Continue-As-New: real Temporal server, real
// workflows, fake activities.
import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import type { RunPlanResult } from '../../client/index.ts';
import { runHandle, signalRun } from '../../client/index.ts';
import { workflowIdOf } from '../../client/start-run.ts';
import { after, LIMITS, literal, output, plan, step, textResult } from '../support/plans.ts';
import { ONE_QUEUE } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  calls,
  flow,
  start,
  run,
  waits,
  signal,
  states,
  untilRuns,
  useFlowEngine,
} from './support/flow-engine.ts';

useFlowEngine();

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
    flow.behave = () => textResult('no', true);
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
    await signalRun(flow.ostinato, handle.runId, 'paid', { amount: 12 });
    await signalRun(flow.ostinato, handle.runId, 'go');
    expect((await handle.result()).outcome).toBe('completed');
    expect(calls[0]?.args).toEqual({ amount: 12 });
  });

  it('refused: another tenant’s, no name, too much, too many; a run that is over', async () => {
    const handle = await start([signal('go', 'go'), signal('end', 'end', after('go'))]);
    await untilRuns(handle, 'go');
    const other = {
      ...flow.ostinato,
      tenant: { ...flow.ostinato.tenant, tenantId: 'other' as never },
    };
    await expect(signalRun(other, handle.runId, 'go')).rejects.toMatchObject({ code: 'not-found' });
    const raw = flow.ostinato.temporal.workflow
      .getHandle(handle.workflowId)
      .executeUpdate('signal', {
        args: [{ tenantId: 'other', actor: 'x', name: 'go', payload: 1 }],
      });
    await expect(raw).rejects.toThrow();
    await expect(signalRun(flow.ostinato, handle.runId, 'a b')).rejects.toThrow(/is called by/);
    await expect(signalRun(flow.ostinato, handle.runId, 'go', 'x'.repeat(40_000))).rejects.toThrow(
      /40002 characters/,
    );
    await signalRun(flow.ostinato, handle.runId, 'end');
    await signalRun(flow.ostinato, handle.runId, 'go', 'text');
    const result = await handle.result();
    expect(result.results['go']?.content).toEqual([{ kind: 'text', text: 'text' }]);
    await expect(signalRun(flow.ostinato, handle.runId, 'go')).rejects.toMatchObject({
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
    flow.behave = async ({ idempotencyKey }) => {
      // The first that is called sees the signal that nobody waits for yet.
      const runId = /run:([^/]+)/.exec(idempotencyKey)?.[1] ?? '';
      if (idempotencyKey.includes('/s1/')) await signalRun(flow.ostinato, runId, 'kept', { n: 1 });
      return textResult('ok');
    };
    const runId = ulid();
    const handle = await flow.ostinato.temporal.workflow.start('runPlan', {
      workflowId: workflowIdOf(flow.ostinato, runId),
      taskQueue: ONE_QUEUE.agent,
      args: [
        {
          ...{ tenant: flow.ostinato.tenant, agent: 'plan', written: null, queues: ONE_QUEUE },
          ...{ plan: plan(...steps), limits: LIMITS, leaveAfterEvents: 15 },
        },
      ],
    });
    await waitFor('the run to continue as new', async () => {
      const { runId: latest } = await flow.ostinato.temporal.workflow
        .getHandle(handle.workflowId)
        .describe();
      return latest !== handle.firstExecutionRunId;
    });
    await signalRun(flow.ostinato, runId, 'go');
    const result = await runHandle<RunPlanResult>(flow.ostinato, runId).result();
    expect(result.outcome).toBe('completed');
    expect(result.results['kept']?.structured).toEqual({ n: 1 });
    const wait = result.steps.find(({ id }) => id === 'w');
    expect(result.results['w']?.structured).toEqual({
      until: new Date(wait?.untilMs ?? 0).toISOString(),
    });
    expect(calls).toHaveLength(4);
  });
});
