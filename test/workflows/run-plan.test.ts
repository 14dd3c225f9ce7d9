// Proves how plans run: real Temporal server, real workflow, fake activities, and a worker cache of
// two runs, so that most runs are replayed at least once.
import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Activities } from '../../activities/index.ts';
import type { OstinatoConnection, RunHandle } from '../../client/index.ts';
import { runPlan } from '../../client/index.ts';
import type { AgentLimits, RunPlanResult } from '../../common/agent.ts';
import type { Plan } from '../../common/plan.ts';
import type { CallToolInput, ToolResult } from '../../common/tool.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { after, literal, output, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';
import { whileBeating } from '../support/while-beating.ts';

type Behaviour = (input: CallToolInput) => Promise<ToolResult> | ToolResult;

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
/** What a tool does, by step id: the idempotency key ends in `/<step>/<epoch>`. */
const behaviours = new Map<string, Behaviour>();
const calls: CallToolInput[] = [];

const activities = {
  callTool: async (input: CallToolInput) => {
    calls.push(input);
    const id = input.idempotencyKey.split('/').at(-2) ?? '';
    const result = await whileBeating(() => behaviours.get(id)?.(input));
    return result ?? textResult(`${id} done`);
  },
  checkPlan: async () => plan(step('checked')),
  planGoal: async () => {
    throw ApplicationFailure.nonRetryable('not used here');
  },
} satisfies Activities;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

function start(
  checked: Plan,
  limits: Partial<AgentLimits> = {},
): Promise<RunHandle<RunPlanResult>> {
  calls.length = 0;
  const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
  return runPlan(ostinato, { plan: written, limits, runId: ulid() }, checked);
}

async function run(checked: Plan, limits: Partial<AgentLimits> = {}): Promise<RunPlanResult> {
  return (await start(checked, limits)).result();
}

/** A tool that ends when told to, or when it is cancelled. */
function gate(): { readonly wait: Behaviour; open(): void; readonly entered: Promise<void> } {
  let open = (): void => undefined;
  let enter = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const entered = new Promise<void>((resolve) => (enter = resolve));
  return {
    open,
    entered,
    wait: async () => {
      const { cancelled, heartbeat } = Context.current();
      const beat = setInterval(() => heartbeat(), 50);
      enter();
      try {
        await Promise.race([opened, cancelled]);
      } finally {
        clearInterval(beat);
      }
      return textResult('opened');
    },
  };
}

function states(result: Pick<RunPlanResult, 'steps'>): Record<string, string> {
  return Object.fromEntries(result.steps.map(({ id, state }) => [id, state]));
}

describe('runPlan', () => {
  it('independent steps → run at the same time', async () => {
    const [left, right] = [gate(), gate()];
    behaviours.set('left', left.wait).set('right', right.wait);
    const handle = await start(plan(step('left'), step('right')));
    await Promise.all([left.entered, right.entered]);
    left.open();
    right.open();
    const result = await handle.result();
    expect(result.outcome).toBe('completed');
    expect(states(result)).toEqual({ left: 'done', right: 'done' });
  });

  it('a step that refers to another → starts after it and gets its value', async () => {
    behaviours.set('first', () => ({ ...textResult('x'), structured: { items: [{ n: 41 }] } }));
    const result = await run(
      plan(
        step('second', { args: { n: output('first', 'items[0].n'), word: literal('w') } }),
        step('first'),
      ),
    );
    expect(result.outcome).toBe('completed');
    expect(calls.map((call) => call.args)).toEqual([{}, { n: 41, word: 'w' }]);
    const [second, first] = result.steps;
    expect(second?.startedAtMs).toBeGreaterThanOrEqual(first?.endedAtMs ?? Infinity);
  });

  it('an answer known when the plan was made → no call; too old → the tool is asked', async () => {
    const known = (untilMs: number) => ({ known: { result: textResult('kept'), untilMs } });
    const result = await run(
      plan(
        step('fresh', known(Date.now() + 60_000)),
        step('old', known(Date.now() - 60_000)),
        step('next', { args: { word: output('fresh', '$text') } }),
      ),
      { maxToolCalls: 3 },
    );
    expect(result.outcome).toBe('completed');
    expect(calls.map((call) => call.args)).toEqual([{}, { word: 'kept' }]);
    expect(result.steps.map(({ id, cached, preview }) => [id, cached, preview])).toEqual([
      ['fresh', true, 'kept'],
      ['old', undefined, 'old done'],
      ['next', undefined, 'next done'],
    ]);
  });

  it('a template argument → the values are put into the text', async () => {
    behaviours.set('name', () => textResult('Ada'));
    await run(
      plan(
        step('name'),
        step('greet', {
          args: { text: { kind: 'template', parts: ['Hi ', output('name') as never, '!'] } },
        }),
      ),
    );
    expect(calls[1]?.args).toEqual({ text: 'Hi Ada!' });
  });

  it('maxParallel 2 → never more than two in flight', async () => {
    let inFlight = 0;
    let most = 0;
    for (const id of ['p1', 'p2', 'p3', 'p4', 'p5']) {
      behaviours.set(id, async () => {
        most = Math.max(most, (inFlight += 1));
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
        return textResult(id);
      });
    }
    const result = await run(plan(...['p1', 'p2', 'p3', 'p4', 'p5'].map((id) => step(id))), {
      maxParallel: 2,
    });
    expect(result.outcome).toBe('completed');
    expect(most).toBeLessThanOrEqual(2);
  });

  it('maxParallelPerServer 1 → one call at a time on each server, both servers at once', async () => {
    const inFlight = new Map<string, number>();
    const first = gate();
    const second = gate();
    const steps = ['a/x', 'a/y', 'b/x', 'b/y'].map((tool) =>
      step(tool.replace('/', ''), { tool: tool as never }),
    );
    let most = 0;
    for (const { id } of steps) {
      const server = id.charAt(0);
      const entry = server === 'a' ? first : second;
      behaviours.set(id, async (input) => {
        inFlight.set(server, (inFlight.get(server) ?? 0) + 1);
        most = Math.max(most, inFlight.get(server) ?? 0);
        const result = await entry.wait(input);
        inFlight.set(server, (inFlight.get(server) ?? 0) - 1);
        return result;
      });
    }
    const handle = await start(plan(...steps), { maxParallelPerServer: 1 });
    await Promise.all([first.entered, second.entered]);
    first.open();
    second.open();
    expect((await handle.result()).outcome).toBe('completed');
    expect(most).toBe(1);
  });

  it('a step with the answer of another → no call of its own, and the same result', async () => {
    behaviours.set('m1', () => textResult('once'));
    const result = await run(
      plan(
        step('m1'),
        step('m2', { sameAs: 'm1' as never, ...after('m1') }),
        step('m3', { args: { text: output('m2') } }),
      ),
      { maxToolCalls: 2 },
    );
    expect(result.outcome).toBe('completed');
    expect(calls).toHaveLength(2);
    expect(calls[1]?.args).toEqual({ text: 'once' });
    expect(result.results['m2']).toEqual(result.results['m1']);
  });

  it('fastReads → a read known to be short is a local activity; a slow one and an effect are not', async () => {
    const checked = plan(
      step('short', { expectedMs: 5 }),
      step('slow', { expectedMs: 5_000 }),
      step('unknown'),
      step('effect', { expectedMs: 5, effect: 'non-idempotent' }),
    );
    const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
    const handle = await runPlan(
      ostinato,
      { plan: written, runId: ulid(), fastReads: true },
      checked,
    );
    expect(states(await handle.result())).toEqual({
      short: 'done',
      slow: 'done',
      unknown: 'done',
      effect: 'done',
    });
    const workflow = ostinato.temporal.workflow.getHandle(handle.workflowId);
    const { events } = await workflow.fetchHistory();
    const count = (
      field: 'activityTaskScheduledEventAttributes' | 'markerRecordedEventAttributes',
    ) => events?.filter((event) => event[field]).length;
    expect(count('activityTaskScheduledEventAttributes')).toBe(3);
    expect(count('markerRecordedEventAttributes')).toBe(1);
  });

  it('a failing step with abort → what runs is stopped, what waits is skipped, the reason names it', async () => {
    const slow = gate();
    behaviours.set('slow', slow.wait);
    behaviours.set('bad', async () => {
      await slow.entered;
      throw ApplicationFailure.nonRetryable('disk on fire', 'Tool.Unavailable');
    });
    const result = await run(plan(step('slow'), step('bad'), step('late', after('slow'))));
    expect(result.outcome).toBe('failed');
    expect(result.reason).toContain('"bad"');
    expect(result.reason).toContain('disk on fire');
    expect(states(result)).toEqual({ slow: 'cancelled', bad: 'failed', late: 'skipped' });
  });

  it('a failing step with skip-dependents → only what needs it is skipped', async () => {
    behaviours.set('shaky', () => textResult('no such thing', true));
    const result = await run(
      plan(
        step('shaky', { onFailure: 'skip-dependents' }),
        step('needs', after('shaky')),
        step('needs-more', after('needs')),
        step('free'),
      ),
    );
    expect(result.outcome).toBe('partial');
    expect(result.reason).toContain('shaky');
    expect(states(result)).toEqual({
      shaky: 'failed',
      needs: 'skipped',
      'needs-more': 'skipped',
      free: 'done',
    });
  });

  it('a retryable failure → tried again, then done', async () => {
    let attempts = 0;
    behaviours.set('flaky', () => {
      attempts += 1;
      if (attempts === 1) throw ApplicationFailure.retryable('busy', 'Tool.Unavailable');
      return textResult('ok');
    });
    const result = await run(plan(step('flaky')));
    expect(result.outcome).toBe('completed');
    expect(attempts).toBe(2);
    expect(new Set(calls.map((call) => call.idempotencyKey)).size).toBe(1);
  });

  it('a reference to a field that is not there → the step fails and says what is there', async () => {
    behaviours.set('source', () => ({ ...textResult('x'), structured: { title: 'T' } }));
    const result = await run(
      plan(step('source'), step('reader', { args: { v: output('source', 'name') } })),
    );
    expect(result.outcome).toBe('failed');
    expect(result.reason).toContain('${source.name} does not exist');
    expect(result.reason).toContain('title');
  });

  it('arguments over a million characters → refused, naming the tool and the size', async () => {
    behaviours.set('big', () => textResult('y'.repeat(700_000)));
    const result = await run(
      plan(
        step('big'),
        step('twice', {
          args: {
            text: { kind: 'template', parts: [output('big') as never, output('big') as never] },
          },
        }),
      ),
    );
    expect(result.reason).toMatch(/arguments of fake\/tool have 14000\d\d characters/);
  });

  it('maxToolCalls reached → stops in order and says which limit', async () => {
    const result = await run(plan(step('c1'), step('c2', after('c1')), step('c3', after('c2'))), {
      maxToolCalls: 2,
    });
    expect(result.outcome).toBe('out-of-budget');
    expect(result.reason).toContain('maxToolCalls');
    expect(states(result)).toEqual({ c1: 'done', c2: 'done', c3: 'skipped' });
    expect(calls).toHaveLength(2);
  });

  it('maxWallMs passes while a tool works → ends out of budget by that name, and nothing else starts', async () => {
    const slow = gate();
    behaviours.set('endless', slow.wait);
    const result = await run(plan(step('endless'), step('unborn', after('endless'))), {
      maxWallMs: 1_000,
    });
    slow.open();
    expect(result).toMatchObject({ outcome: 'out-of-budget', reason: 'Reached maxWallMs.' });
    expect(states(result)).toEqual({ endless: 'failed', unborn: 'skipped' });
    expect(calls).toHaveLength(1);
  });

  it('cancel update → the tool in flight is told, the result says what was done', async () => {
    const slow = gate();
    behaviours.set('held', slow.wait);
    const handle = await start(plan(step('quick'), step('held'), step('never', after('held'))));
    await slow.entered;
    await waitFor('quick to be done', async () => {
      return states(await handle.progress())['quick'] === 'done';
    });
    await handle.cancel('no longer needed');
    const result = await handle.result();
    expect(result.outcome).toBe('cancelled');
    expect(result.reason).toBe('no longer needed');
    expect(states(result)).toEqual({ quick: 'done', held: 'cancelled', never: 'cancelled' });
  });

  it('cancel after the end → refused with the run named', async () => {
    const handle = await start(plan(step('over')));
    await handle.result();
    await expect(handle.cancel('late')).rejects.toMatchObject({ code: 'already-ended' });
  });

  it('a written plan → checked by the run before the first step', async () => {
    const handle = await runPlan(ostinato, { plan: { steps: [{ id: 'w', tool: 'fake/tool' }] } });
    expect(states(await handle.result())).toEqual({ checked: 'done' });
  });

  it('the same start twice → the same run; another body under the id → refused', async () => {
    const request = { runId: ulid(), plan: { steps: [{ id: 'w', tool: 'fake/tool' }] } };
    const first = await runPlan(ostinato, request);
    const again = await runPlan(ostinato, request);
    expect(again.workflowId).toBe(first.workflowId);
    const other = { ...request, plan: { steps: [{ id: 'z', tool: 'fake/tool' }] } };
    await expect(runPlan(ostinato, other)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('progress → phase, needs and state of every step', async () => {
    const slow = gate();
    behaviours.set('g1', slow.wait);
    const handle = await start(plan(step('g1'), step('g2', after('g1'))));
    await slow.entered;
    const progress = await handle.progress();
    expect(progress.phase).toBe('running');
    expect(progress.steps.map(({ id, state, needs }) => [id, state, needs])).toEqual([
      ['g1', 'running', []],
      ['g2', 'waiting', ['g1']],
    ]);
    slow.open();
    await handle.result();
    expect((await handle.progress()).phase).toBe('ended');
  });

  it('Temporal cancels the workflow → it ends as cancelled in Temporal too', async () => {
    const slow = gate();
    behaviours.set('u1', slow.wait);
    const handle = await start(plan(step('u1')));
    await slow.entered;
    await ostinato.temporal.workflow.getHandle(handle.workflowId).cancel();
    await expect(handle.result()).rejects.toMatchObject({ code: 'run-failed' });
    const described = await ostinato.temporal.workflow.getHandle(handle.workflowId).describe();
    expect(described.status.name).toBe('CANCELLED');
  });
});
