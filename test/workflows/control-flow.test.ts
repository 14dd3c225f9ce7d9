// Proves what a step may say of its own course: a condition, a list to map over, a failure that does
// not matter, a bound of attempts. Real Temporal server, real workflow, fake activities, and a worker
// cache of two runs, so that most runs are replayed at least once.
import { normalize } from 'node:path/posix';
import { ApplicationFailure } from '@temporalio/common';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Activities } from '../../activities/index.ts';
import type { OstinatoConnection, RunHandle, RunPlanResult } from '../../client/index.ts';
import { pauseRun, resumeRun, runPlan } from '../../client/index.ts';
import type { AgentLimits } from '../../common/agent.ts';
import type { JsonValue } from '../../common/json.ts';
import type { PlanStep, StepArg } from '../../common/plan.ts';
import type { CallToolInput, ToolId, ToolResult } from '../../common/tool.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { after, output, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const calls: CallToolInput[] = [];
let behave: (input: CallToolInput) => ToolResult | Promise<ToolResult> = () => textResult('ok');

const activities = {
  callTool: async (input: CallToolInput) => {
    calls.push(input);
    return behave(input);
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

async function run(
  steps: readonly PlanStep[],
  behaviour: typeof behave = () => textResult('ok'),
  limits: Partial<AgentLimits> = {},
): Promise<RunPlanResult> {
  return (await start(steps, behaviour, limits)).result();
}

function start(
  steps: readonly PlanStep[],
  behaviour: typeof behave,
  limits: Partial<AgentLimits> = {},
): Promise<RunHandle<RunPlanResult>> {
  calls.length = 0;
  behave = behaviour;
  const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
  return runPlan(ostinato, { plan: written, limits, runId: ulid() }, plan(...steps));
}

const literal = (value: JsonValue): StepArg => ({ kind: 'literal', value });
const states = ({ steps }: RunPlanResult) =>
  Object.fromEntries(steps.map(({ id, state }) => [id, state]));
const structured = (value: Record<string, JsonValue>): ToolResult => ({
  ...textResult(''),
  structured: value,
});
const each = (items: StepArg, maxParallel = 10): Pick<PlanStep, 'forEach' | 'args'> => ({
  forEach: { items, maxParallel },
  args: { name: { kind: 'output', step: 'item' as never, path: 'name' } },
});

describe('when', () => {
  it('it holds → the step runs; it does not → skipped with what needs it, and the plan completes', async () => {
    const result = await run(
      [
        step('count'),
        step('many', { when: { value: output('count', 'n'), above: 2 } }),
        step('few', { when: { value: output('count', 'n'), below: 2 } }),
        step('after', after('few')),
      ],
      () => structured({ n: 3 }),
    );
    expect(result.outcome).toBe('completed');
    expect(states(result)).toEqual({
      count: 'done',
      many: 'done',
      few: 'skipped',
      after: 'skipped',
    });
    expect(calls).toHaveLength(2);
    expect(result.steps[2]?.problem).toContain('only where the value is below 2');
  });

  it('a value that cannot be compared → the step fails and says what is there', async () => {
    const result = await run([
      step('a'),
      step('b', { when: { value: output('a', '$text'), above: 2 } }),
    ]);
    expect(result.outcome).toBe('failed');
    expect(result.reason).toContain('compares ok with a number');
  });
});

describe('forEach', () => {
  it('a list of an earlier step → a call an item, answers in order, bounded in flight, keys apart', async () => {
    let inFlight = 0;
    let most = 0;
    const items = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
    const result = await run(
      [
        step('list'),
        step('map', each(output('list', 'items'), 2)),
        step('last', { args: { second: output('map', 'items[1].did') } }),
      ],
      async ({ args, idempotencyKey }) => {
        if (idempotencyKey.includes('/list/')) return structured({ items });
        most = Math.max(most, (inFlight += 1));
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
        return structured({ did: args['name'] ?? null });
      },
    );
    expect(result.outcome).toBe('completed');
    expect(result.results['map']?.structured).toEqual({
      items: ['a', 'b', 'c', 'd'].map((did) => ({ did })),
    });
    expect(calls.at(-1)?.args).toEqual({ second: 'b' });
    expect(most).toBeLessThanOrEqual(2);
    expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(6);
  });

  it.each([
    [{ n: 1 } as JsonValue, 'takes a list, and {"n":1} is none'],
    [Array.from({ length: 1_001 }, () => 1) as JsonValue, '1001 items and takes 1000 at most'],
  ])('no list, or one too long → the step fails and says so', async (items, said) => {
    const result = await run([step('map', each(literal(items)))]);
    expect(result.outcome).toBe('failed');
    expect(result.reason).toContain(said);
    expect(calls).toHaveLength(0);
  });

  it('an item lacks what the arguments take, or fails → the step fails and names the item', async () => {
    const items = literal([{ name: 'a' }, { nome: 'b' }]);
    const result = await run([step('map', each(items, 1))]);
    expect(result.reason).toContain('Item 1: The item has no "name"');
    const optional = await run([step('map', { ...each(items), optional: true })]);
    expect(optional.outcome).toBe('completed');
    expect(optional.results['map']?.structured).toEqual({ items: ['ok', null] });
  });

  it('more items than the run has calls → ends out of budget, with not one call above', async () => {
    const items = literal(Array.from({ length: 9 }, (_, at) => ({ name: `${at}` })));
    const result = await run([step('map', each(items))], undefined, { maxToolCalls: 4 });
    expect(result.outcome).toBe('out-of-budget');
    expect(calls).toHaveLength(4);
  });

  it('maxParallelPerServer 2, maxParallel 3 → items count, and a step that is ready goes before the next item', async () => {
    let inFlight = 0;
    let most = 0;
    const items = literal(Array.from({ length: 6 }, (_, at) => ({ name: `${at}` })));
    const map = each(items);
    const order: string[] = [];
    const result = await run(
      [
        step('map', { ...map, forEach: { items, maxParallel: 10, takesPlaces: true } }),
        step('beside', { tool: 'other/tool' as ToolId }),
        step('after', { tool: 'other/tool' as ToolId, ...after('beside') }),
      ],
      async ({ tool, idempotencyKey }) => {
        order.push(idempotencyKey.split('/').at(-2) ?? '');
        if (tool !== 'fake/tool') return textResult('ok');
        most = Math.max(most, (inFlight += 1));
        // Held until as many are in flight as may be, so that one more would be seen.
        await waitFor('two items', () => most >= 2);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
        return textResult('ok');
      },
      { maxParallelPerServer: 2, maxParallel: 3 },
    );
    expect(result.outcome).toBe('completed');
    expect(calls).toHaveLength(8);
    expect(most).toBe(2);
    expect(order.indexOf('after')).toBeLessThan(order.indexOf('map[5]'));
  });

  it('a step becomes ready while items have every place → it goes before the next item', async () => {
    const items = literal(Array.from({ length: 4 }, (_, at) => ({ name: `${at}` })));
    const forEach = { items, maxParallel: 4, takesPlaces: true } as const;
    const order: string[] = [];
    const handle = await start(
      [
        step('map', { ...each(items), forEach }),
        step('w', { action: { kind: 'wait' }, args: { seconds: literal(0.1) } }),
        step('next', after('w')),
      ],
      async ({ idempotencyKey }) => {
        const place = idempotencyKey.split('/').at(-2) ?? '';
        order.push(place);
        if (place === 'map[0]') await waitFor('the other step', () => order.includes('next'));
        if (place === 'map[1]') {
          await waitFor('the wait to end', async () => {
            const { steps } = await handle.progress();
            return steps.find(({ id }) => id === 'w')?.state === 'done';
          });
        }
        return textResult('ok');
      },
      { maxParallel: 2 },
    );
    expect((await handle.result()).outcome).toBe('completed');
    expect(order.slice(0, 3)).toEqual(['map[0]', 'map[1]', 'next']);
    expect(order).toHaveLength(5);
  });

  it('items that change one thing → one after the other, in the order of the list; others beside them', async () => {
    const names = ['/x/a', '/x/b', '/x/../x/a', '/x/c', '/x/a'];
    const items = literal(names.map((name) => ({ name })));
    const busy = new Map<string, number>();
    const begun: string[] = [];
    let beside = 0;
    const result = await run(
      [
        step('map', {
          ...each(items),
          effect: 'non-idempotent',
          forEach: { items, maxParallel: 5, touches: [{ arg: 'name', kind: 'path' }] },
        }),
      ],
      async ({ args, idempotencyKey }) => {
        const path = normalize(String(args['name']));
        begun.push(idempotencyKey.split('/').at(-2) ?? '');
        expect(busy.get(path) ?? 0).toBe(0);
        busy.set(path, 1);
        beside = Math.max(beside, [...busy.values()].filter((count) => count > 0).length);
        await waitFor('another beside it', () => beside > 1);
        busy.set(path, 0);
        return textResult('ok');
      },
    );
    expect(result.outcome).toBe('completed');
    expect(begun.filter((place) => /\[[024]\]/.test(place))).toEqual([
      'map[0]',
      'map[2]',
      'map[4]',
    ]);
    expect(beside).toBeGreaterThan(1);
  });

  it('an item fails while others wait for it → the step fails, and they are not called', async () => {
    const items = literal(['/a', '/a', '/a'].map((name) => ({ name })));
    const forEach = { items, maxParallel: 3, touches: [{ arg: 'name', kind: 'path' }] } as const;
    const steps = [step('map', { ...each(items), effect: 'non-idempotent', forEach })];
    const result = await run(steps, () => textResult('no', true));
    expect(result.reason).toContain('Item 0: The tool answered with an error: no');
    expect(calls).toHaveLength(1);
  });

  it('paused in the middle of a list → no item begins until it is resumed', async () => {
    const items = literal(Array.from({ length: 4 }, (_, at) => ({ name: `${at}` })));
    const forEach = { items, maxParallel: 1, takesPlaces: true } as const;
    const entered = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const handle = await start([step('map', { ...each(items), forEach })], async () => {
      entered.resolve();
      await go.promise;
      return textResult('ok');
    });
    await entered.promise;
    await pauseRun(ostinato, handle.runId);
    go.resolve();
    await waitFor('the first item to end', async () => {
      return (await handle.progress()).steps[0]?.preview === '1 of 4 items';
    });
    expect(calls).toHaveLength(1);
    await resumeRun(ostinato, handle.runId);
    expect((await handle.result()).outcome).toBe('completed');
    expect(calls).toHaveLength(4);
  });

  it('an empty list → an empty answer', async () => {
    const result = await run([step('map', each(literal([])))]);
    expect(result.results['map']?.structured).toEqual({ items: [] });
  });
});

describe('optional and maxAttempts', () => {
  it('an optional step fails → what needs it gets an empty answer, and the plan completes', async () => {
    const result = await run(
      [
        step('try', { optional: true }),
        step('use', { args: { text: output('try', '$text') }, ...after('try') }),
      ],
      ({ idempotencyKey }) => textResult('no', idempotencyKey.includes('/try/')),
    );
    expect(result.outcome).toBe('completed');
    expect(states(result)).toEqual({ try: 'failed', use: 'done' });
    expect(calls[1]?.args).toHaveProperty('text');
  });

  it('maxAttempts 2 → two attempts of a failure that may pass, and no more', async () => {
    const result = await run([step('shaky', { maxAttempts: 2 })], () => {
      throw ApplicationFailure.create({ message: 'busy', nextRetryDelay: 10 });
    });
    expect(result.outcome).toBe('failed');
    expect(calls).toHaveLength(2);
  });
});
