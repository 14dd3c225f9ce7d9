// Proves that a read whose answer the cache holds costs a run neither a call nor an activity: the
// whole engine and a real MCP server that writes what it does to a journal.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunPlanResult } from '../../client/index.ts';
import { runPlan } from '../../client/index.ts';
import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import type { Engine } from '../support/engine.ts';
import { startEngine } from '../support/engine.ts';

let dir: string;
let engine: Engine;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-known-'));
  const server = join(import.meta.dirname, '..', 'support', 'work-server.mjs');
  const args = [server, join(dir, 'journal')];
  engine = await startEngine({
    desk: { command: process.execPath, args, effects: { look_up: 'read' } },
  });
});

afterAll(async () => {
  await engine?.stop();
  await rm(dir, { recursive: true, force: true });
});

const lookUp = (id: string, name: string) => ({ id, tool: 'desk/look_up', args: { name } });

async function run(...steps: readonly object[]) {
  const handle = await runPlan(engine.ostinato, { plan: { steps: steps as never } });
  const result: RunPlanResult = await handle.result();
  const { events } = await engine.ostinato.temporal.workflow
    .getHandle(handle.workflowId)
    .fetchHistory();
  const calls = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled?.activityType?.name === 'callTool' ? [scheduled.activityId] : [],
  );
  return { result, calls: calls.length, cached: result.steps.map(({ cached }) => cached === true) };
}
const journal = async () =>
  (await readFile(join(dir, 'journal'), 'utf8')).split('\n').filter((line) => line.startsWith('b'));

describe('known answers', () => {
  it('asked again → no call, until something was changed', async () => {
    const first = await run(lookUp('a', 'tea'));
    expect(first).toMatchObject({ calls: 1, cached: [false], result: { outcome: 'completed' } });

    const plan = { steps: [lookUp('a', 'tea'), lookUp('b', 'milk')] };
    const explained = await engine.services.plans.explain(DEFAULT_TENANT_ID, plan);
    expect(explained.steps.map(({ cached }) => cached)).toEqual([true, undefined]);

    const again = await run(lookUp('a', 'tea'), lookUp('b', 'milk'));
    expect(again).toMatchObject({ calls: 1, cached: [true, false] });
    expect(again.result.results['a']).toEqual(first.result.results['a']);
    expect(await journal()).toEqual(['begin tea', 'begin milk']);

    await run({ id: 'change', tool: 'desk/do_work', args: { name: 'restock' } });
    expect(await run(lookUp('a', 'tea'))).toMatchObject({ calls: 1, cached: [false] });
    expect((await journal()).at(-1)).toBe('begin tea');
  });
});
