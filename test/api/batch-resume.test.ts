// Proves what resuming a batch calls again: real Temporal, real workflows, real database and tools,
// real HTTP. A step whose tool said no is called anew, what was done is not; and an agent that begins
// anew asks a person before it may do something twice.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batchHandle } from '../../client/batches.ts';
import { decide } from '../../client/index.ts';
import type { MoodyBatches } from './support/moody-batches.ts';
import { startMoodyBatches } from './support/moody-batches.ts';

let batches: MoodyBatches;

beforeAll(async () => {
  batches = await startMoodyBatches();
});

afterAll(() => batches?.close());

beforeEach(() => batches.forget());

const plan = {
  steps: [
    { id: 'first', tool: 'moody/note', args: { name: '${item.name}' } },
    { id: 'then', tool: 'moody/pay', args: { name: '${item.name}' }, after: ['first'] },
    { id: 'last', tool: 'moody/note', args: { name: 'after ${item.name}' }, after: ['then'] },
  ],
};

describe.each(['light', 'runs'] as const)('a batch whose tool said no, mode %s', (mode) => {
  it('resumed → that step is called anew, what was done before it is not, what follows is', async () => {
    const id = `plan-${mode}`;
    await batches.start(id, { plan, mode });
    expect(await batches.ended(id)).toMatchObject({ state: 'failed', counts: { failed: 1 } });
    expect(await batches.done()).toEqual([`note ${id}`, `pay ${id}`]);
    await batches.resume(id);
    expect(await batches.ended(id)).toMatchObject({ state: 'completed', counts: { done: 1 } });
    expect(await batches.done()).toEqual(
      [`note ${id}`, `note after ${id}`, `pay ${id}`, `pay ${id}`].toSorted(),
    );
  });
});

describe('a batch that says it has ended before its workflow has', () => {
  it('resumed → waits for the workflow, and goes on', async () => {
    const steps = [{ id: 'wait', waitFor: { signal: 'never' } }];
    await batches.start('closing', { plan: { steps }, mode: 'runs' });
    const path = '/v1/batches/closing';
    await batches.waits('closing');
    const { tenantId } = batches.engine.ostinato.tenant;
    const end = { state: 'failed', endedAtMs: Date.now() } as const;
    await batches.engine.services.batchStore.set(tenantId, 'closing', end);
    const resumed = batches.post(`${path}/resume`, {});
    expect(await batches.post(`${path}/cancel`, {})).toBe(202);
    expect(await resumed).toBe(202);
    await batchHandle(batches.engine.ostinato, 'closing').cancel('It goes on.');
  });

  it('one that runs → is refused at once', async () => {
    const steps = [{ id: 'wait', waitFor: { signal: 'never' } }];
    await batches.start('running', { plan: { steps }, mode: 'runs' });
    await batches.waits('running');
    expect(await batches.post('/v1/batches/running/resume', {})).toBe(409);
    expect(await batches.post('/v1/batches/running/cancel', {})).toBe(202);
  });
});

describe('a step that runs a plan', () => {
  it('a tool in it said no → resumed, that one is called anew, and what was done before it is not', async () => {
    const name = '${args.name}';
    const below = [
      { id: 'first', tool: 'moody/note', args: { name } },
      { id: 'then', tool: 'moody/pay', args: { name }, after: ['first'] },
    ];
    const deep = { id: 'deep', args: { name }, plan: { steps: below } };
    const steps = [{ id: 'sub', args: { name: '${item.name}' }, plan: { steps: [deep] } }];
    await batches.start('below', { plan: { steps }, mode: 'runs' });
    expect(await batches.ended('below')).toMatchObject({ state: 'failed' });
    expect(await batches.done()).toEqual(['note below', 'pay below']);
    await batches.resume('below');
    expect(await batches.ended('below')).toMatchObject({ state: 'completed' });
    expect(await batches.done()).toEqual(['note below', 'pay below', 'pay below']);
  });
});

describe('an item that was undone', () => {
  it('resumed → what was undone is done again', async () => {
    const [first, ...others] = plan.steps;
    const undo = { tool: 'moody/note', args: { name: 'never mind ${item.name}' } };
    const undoable = { steps: [{ ...first, undo }, ...others] };
    await batches.start('undone', { plan: undoable, mode: 'runs', policy: { rollback: true } });
    expect((await batches.ended('undone')).state).toBe('failed');
    expect(await batches.done()).toEqual(['note never mind undone', 'note undone', 'pay undone']);
    await batches.resume('undone');
    expect((await batches.ended('undone')).state).toBe('completed');
    expect((await batches.done()).filter((line) => line === 'note undone')).toHaveLength(2);
  });
});

describe('an agent whose item begins anew', () => {
  const goal = 'Pay the invoice "${item.name}"';

  it('resumed → a person is asked before it may pay twice; denied, it does not', async () => {
    await batches.start('agent-no', { goal });
    expect(await batches.ended('agent-no')).toMatchObject({ state: 'failed' });
    expect(await batches.done()).toEqual(['pay agent-no']);
    await batches.resume('agent-no');
    const asked = await batches.pendingOf('agent-no');
    expect(asked).toMatchObject({
      tool: 'moody/pay',
      reason: expect.stringContaining('may have done this already') as string,
    });
    expect(await batches.done()).toEqual(['pay agent-no']);
    await decide(batches.engine.ostinato, asked.id, {
      verdict: 'deny',
      reason: 'It was paid by hand.',
    });
    expect(await batches.ended('agent-no')).toMatchObject({ state: 'failed' });
    expect(await batches.done()).toEqual(['pay agent-no']);
  });

  it('resumed and approved → it pays once more', async () => {
    await batches.start('agent-yes', { goal });
    expect(await batches.ended('agent-yes')).toMatchObject({ state: 'failed' });
    await batches.resume('agent-yes');
    const asked = await batches.pendingOf('agent-yes');
    await decide(batches.engine.ostinato, asked.id, { verdict: 'approve' });
    expect(await batches.ended('agent-yes')).toMatchObject({ state: 'completed' });
    expect(await batches.done()).toEqual(['pay agent-yes', 'pay agent-yes']);
  });
});
