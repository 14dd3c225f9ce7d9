// Proves that steps are plans and agents of their own: child runs that share budget, approvals, pause
// and cancellation. Real Temporal server, real workflows, fake activities.
import { Context, heartbeat } from '@temporalio/activity';
import { describe, expect, it } from 'vitest';
import type { RunPlanResult } from '../../client/index.ts';
import { decide, listPending, pauseRun, resumeRun, runHandle } from '../../client/index.ts';
import type { PlanStep } from '../../common/plan.ts';
import { after, literal, output, plan, step, textResult } from '../support/plans.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  calls,
  goals,
  flow,
  start,
  run,
  agent,
  subPlan,
  states,
  useFlowEngine,
} from './support/flow-engine.ts';

useFlowEngine();

describe('a plan inside of a plan', () => {
  it('gets its arguments, runs as a run of its own, answers with its steps', async () => {
    flow.behave = ({ args }) => ({ ...textResult(''), structured: { got: args['v'] ?? 'first' } });
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
    const child = await runHandle<RunPlanResult>(flow.ostinato, runId).result();
    expect(states(child)).toEqual({ args: 'done', in: 'done', next: 'done' });
  });

  it('for each item of a list → a run an item', async () => {
    flow.behave = ({ args }) => textResult(String(args['v']));
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
    flow.behave = () => textResult('no', true);
    const failed = await run([subPlan('sub', [step('in')])]);
    expect(failed.reason).toContain('Its plan ended failed: Step "in" (fake/tool) failed');
    flow.behave = () => textResult('x'.repeat(20_000));
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
    const parent = flow.ostinato.temporal.workflow.getHandle(handle.workflowId);
    const below = flow.ostinato.temporal.workflow.getHandle(`${handle.workflowId}.sub`);
    flow.behave = async ({ idempotencyKey }) => {
      if (idempotencyKey.includes('/one/')) {
        await pauseRun(flow.ostinato, handle.runId);
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
    const child = await runHandle<RunPlanResult>(flow.ostinato, `${handle.runId}.sub`).progress();
    expect(states(child)).toMatchObject({ one: 'done', two: 'waiting' });
    expect(calls).toHaveLength(1);
    await resumeRun(flow.ostinato, handle.runId);
    expect((await handle.result()).outcome).toBe('completed');
    expect(calls).toHaveLength(2);
  });

  it('the first run is cancelled → the tool of the innermost is told to stop', async () => {
    let stopped = false;
    flow.behave = async () => {
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
    const inner = runHandle<RunPlanResult>(flow.ostinato, `${handle.runId}.a.b`);
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
      id = (await listPending(flow.ostinato))[0]?.id ?? '';
      return id !== '';
    });
    expect(id).toBe(`${handle.runId}.sub.ask~look~1`);
    const other = {
      ...flow.ostinato,
      tenant: { ...flow.ostinato.tenant, tenantId: 'other' as never },
    };
    await expect(decide(other, id, { verdict: 'approve' })).rejects.toMatchObject({
      code: 'not-found',
    });
    await decide(flow.ostinato, id, { verdict: 'approve', args: { edited: true } });
    expect((await handle.result()).outcome).toBe('completed');
    expect(calls[0]?.args).toEqual({ edited: true });
    await expect(decide(flow.ostinato, id, { verdict: 'approve' })).rejects.toThrow();
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
    flow.planFor = ({ turn }) => plan(step(`s${turn}`));
    const result = await run([agent('ask', literal('x'))], { limits: { maxToolCalls: 2 } });
    expect(result.outcome).toBe('out-of-budget');
    expect(result.steps[0]?.problem).toContain('The agent reached its maxToolCalls');
    expect(calls).toHaveLength(2);
  });
});
