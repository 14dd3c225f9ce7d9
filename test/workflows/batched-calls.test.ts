// Proves what a run does with a call that is made for several: real Temporal server and workflow, fake
// activities. Where it fails reads are made one by one and nothing else is; where a person decides
// nothing is joined; and what it costs the budget is one call.
import { ApplicationFailure } from '@temporalio/common';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Activities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { runPlan } from '../../client/index.ts';
import type { AgentLimits } from '../../common/agent.ts';
import type { RunPolicy } from '../../common/approval.ts';
import { batchSteps } from '../../common/optimise/batch-steps.ts';
import type { BatchTool, PlanStep } from '../../common/plan.ts';
import { resultText } from '../../common/result-value.ts';
import type { CallToolInput, ToolId, ToolResult } from '../../common/tool.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { literal, output, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const calls: CallToolInput[] = [];
/** What the tool for many answers. */
let answer: (cities: readonly string[]) => ToolResult;

const activities = {
  callTool: async (input: CallToolInput) => {
    calls.push(input);
    const { city, cities } = input.args as { city?: string; cities?: readonly string[] };
    return cities === undefined ? textResult(`${city} alone`) : answer(cities);
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

const ONE = 's/one' as ToolId;
const many: BatchTool = {
  ...{ tool: 's/many' as ToolId, effect: 'read', fingerprint: null, timeoutMs: 5_000 },
  ...{ argument: 'city', items: 'cities', result: '', maxItems: 3 },
};
const together = (cities: readonly string[]): ToolResult =>
  textResult(JSON.stringify(cities.map((city) => `${city} together`)));
const ask = (id: string, more: Partial<PlanStep> = {}): PlanStep =>
  step(id, { tool: ONE, args: { city: literal(id) }, ...more });

async function run(
  steps: readonly PlanStep[],
  { effect = 'read', ...given }: Partial<AgentLimits> & Pick<Partial<BatchTool>, 'effect'> = {},
  policy: RunPolicy = {},
) {
  calls.length = 0;
  const batch = { ...many, effect };
  const facts = { inputSchema: null, outputSchema: null, resources: null, batch };
  const joined = batchSteps(steps, (tool) => (tool === ONE ? facts : undefined));
  const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
  const options = { plan: written, limits: given, runId: ulid(), policy };
  const handle = await runPlan(ostinato, options, joined);
  const result = await handle.result();
  const texts = Object.fromEntries(
    Object.entries(result.results).map(([id, each]) => [id, resultText(each)]),
  );
  return { ...result, texts, made: calls.map(({ args }) => args) };
}

describe('a call for several steps', () => {
  it('it answers → each step has its own, no other call is made, and a step may refer to one', async () => {
    answer = together;
    const { outcome, texts, made } = await run([
      ask('a'),
      ask('b'),
      step('after', { args: { v: output('b') } }),
    ]);
    expect(outcome).toBe('completed');
    expect(texts).toMatchObject({ a: 'a together', b: 'b together' });
    expect(Object.keys(texts)).not.toContain('a_batch');
    expect(made).toEqual([{ cities: ['a', 'b'] }, { v: 'b together' }]);
  });

  it('it fails, or answers for one too few → reads are made one by one', async () => {
    for (const bad of [textResult('no', true), textResult('["x"]')]) {
      answer = () => bad;
      const { outcome, texts } = await run([ask('a'), ask('b')]);
      expect([outcome, texts]).toMatchObject(['completed', { a: 'a alone', b: 'b alone' }]);
    }
  });

  it('it fails, and its steps may change something → they fail, and none is called again', async () => {
    answer = () => textResult('broke', true);
    const keyed = { effect: 'keyed', onFailure: 'skip-dependents' } as const;
    const { outcome, steps, made } = await run([ask('a', keyed), ask('b', keyed)], {
      effect: 'keyed',
    });
    expect([outcome, made]).toEqual(['partial', [{ cities: ['a', 'b'] }]]);
    expect(steps.map(({ id, state }) => [id, state])).toEqual([
      ['a_batch', 'failed'],
      ['a', 'failed'],
      ['b', 'failed'],
    ]);
    expect(steps[1]?.problem).toContain('"a_batch" called for it');
  });

  it('a budget of one call, three steps → one call is enough', async () => {
    answer = together;
    const { outcome, texts } = await run([ask('a'), ask('b'), ask('c')], { maxToolCalls: 1 });
    expect([outcome, Object.keys(texts)]).toEqual(['completed', ['a', 'b', 'c']]);
  });

  it.each(['s/one', 's/many'])(
    'a person decides about calls of %s → nothing is joined',
    async (tool) => {
      answer = together;
      const timeout = { approvalTimeoutMs: 1_000 };
      const soft = { onFailure: 'skip-dependents' } as const;
      const { steps, made } = await run([ask('a', soft), ask('b', soft)], {}, {
        approvals: [{ tool }],
        ...timeout,
      } as RunPolicy);
      const isAsked = tool === 's/one';
      expect(made).toEqual(isAsked ? [] : [{ city: 'a' }, { city: 'b' }]);
      expect(steps[0]).toMatchObject({ id: 'a_batch', state: 'skipped' });
      expect(steps.slice(1).map(({ state }) => state)).toEqual(
        isAsked ? ['failed', 'failed'] : ['done', 'done'],
      );
    },
  );
});

describe('a step for each item', () => {
  const items = ['a', 'b', 'c', 'd', 'e'];
  const map = (more: Partial<PlanStep> = {}): PlanStep =>
    ask('m', {
      forEach: { items: { kind: 'literal', value: items }, maxParallel: 2 },
      args: { city: output('item') },
      ...more,
    });

  it('more items than a call takes → chunks; the answers in the order of the list', async () => {
    answer = together;
    const { results, made } = await run([map()]);
    expect(made).toEqual([{ cities: ['a', 'b', 'c'] }, { cities: ['d', 'e'] }]);
    expect(results['m' as never]).toMatchObject({
      structured: { items: items.map((item) => `${item} together`) },
    });
  });

  it('a chunk fails → its items are called one by one, and each takes from the budget', async () => {
    answer = (cities) => (cities.includes('d') ? textResult('no', true) : together(cities));
    const { results, made } = await run([map()], { maxToolCalls: 4 });
    expect(made).toHaveLength(4);
    expect(results['m' as never]).toMatchObject({
      structured: { items: ['a together', 'b together', 'c together', 'd alone', 'e alone'] },
    });
    const short = await run([map()], { maxToolCalls: 3 });
    expect([short.outcome, short.reason]).toEqual(['out-of-budget', 'Reached maxToolCalls.']);
  });

  it('a chunk of calls that may change something fails → the step fails and calls nothing again', async () => {
    answer = () => textResult('broke', true);
    const { outcome, made, steps } = await run([map({ effect: 'keyed' })], {
      effect: 'keyed',
      maxParallel: 1,
    });
    expect([outcome, made.length]).toEqual(['failed', 1]);
    expect(steps[0]?.problem).toContain('s/many');
  });
});
