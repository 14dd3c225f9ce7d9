// Proves what resuming a batch does where the plan of its item has lists and child agents: real
// Temporal, real workflows, real database and tools, real HTTP. What an agent answered is not asked
// again; one that failed begins anew, and a person decides what it may do twice.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decide, runHandle } from '../../client/index.ts';
import type { MoodyBatches } from './support/moody-batches.ts';
import { startMoodyBatches } from './support/moody-batches.ts';

let batches: MoodyBatches;

beforeAll(async () => {
  batches = await startMoodyBatches();
});

afterAll(() => batches?.close());

beforeEach(() => batches.forget());

/** It says no the first time that it hears of a name. */
const pay = (id: string, name: string, more: object = {}) => ({
  ...{ id, tool: 'moody/pay', args: { name } },
  ...more,
});
const agent = (id: string, goal: string, more: object = {}) => ({ id, agent: { goal }, ...more });
const runs = (...steps: readonly object[]) => ({ plan: { steps }, mode: 'runs' });
/** Lists are of plans within: at the top, `${item}` is the item of the batch. */
const within = (...steps: readonly object[]) => ({ id: 'sub', plan: { steps } });
const isThere = (runId: string): Promise<boolean> =>
  runHandle(batches.engine.ostinato, runId)
    .progress()
    .then(
      () => true,
      () => false,
    );

describe('a list in which the tool said no to an item', () => {
  it('resumed → that item is called anew, and what was done before it is not', async () => {
    const items = ['list-a', 'list-b'];
    await batches.start(
      'known',
      runs(pay('pay', 'list-a', { optional: true }), pay('end', 'known')),
    );
    await batches.ended('known');
    const each = pay('each', '${item}', { forEach: { items, maxParallel: 1 } });
    await batches.start('list', runs(within(each)));
    expect((await batches.ended('list')).state).toBe('failed');
    expect(await batches.done()).toEqual(['pay known', 'pay list-a', 'pay list-a', 'pay list-b']);
    await batches.resume('list');
    expect((await batches.ended('list')).state).toBe('completed');
    const all = ['pay known', 'pay list-a', 'pay list-a', 'pay list-b', 'pay list-b'];
    expect(await batches.done()).toEqual(all);
  });
});

describe('a child agent that answered before its plan failed', () => {
  it('resumed → it is not begun again, and what needs it has its answer', async () => {
    const note = agent('note', 'Note "${item.name}"');
    const args = { name: 'told ${note.$text}' };
    const last = { id: 'told', tool: 'moody/note', args, after: ['pay'] };
    await batches.start('answered', runs(note, pay('pay', 'answered', { after: ['note'] }), last));
    expect((await batches.ended('answered')).state).toBe('failed');
    expect(await batches.done()).toEqual(['note answered', 'pay answered']);
    await batches.resume('answered');
    expect((await batches.ended('answered')).state).toBe('completed');
    const lines = await batches.done();
    expect(lines.filter((line) => line.endsWith('answered'))).toEqual([
      ...['   noted answered', 'note answered', 'pay answered', 'pay answered'],
    ]);
    expect(lines.filter((line) => line.startsWith('note told '))).toHaveLength(1);
    expect(await isThere('answered.0.note.2r')).toBe(false);
  });

  it('in a plan for each item of a list, and the batch was cancelled → neither is', async () => {
    const below = { steps: [agent('note', 'Note "${args.name}"')] };
    const each = {
      ...{ id: 'each', args: { name: '${item}' }, plan: below },
      forEach: { items: ['one', 'two'] },
    };
    const wait = { id: 'wait', waitFor: { signal: 'go' }, after: ['sub'] };
    await batches.start('cancelled', runs(within(each), wait));
    await batches.waits('cancelled', 'wait');
    expect(await batches.post('/v1/batches/cancelled/cancel', {})).toBe(202);
    expect((await batches.ended('cancelled')).state).toBe('cancelled');
    await batches.resume('cancelled');
    await batches.waits('cancelled', 'wait');
    expect(await batches.done()).toEqual(['note one', 'note two']);
    expect(await isThere('cancelled.0.sub.each.i0.note.2r')).toBe(false);
    expect(await batches.post('/v1/batches/cancelled/cancel', {})).toBe(202);
    await batches.ended('cancelled');
  });
});

describe('a child agent that failed', () => {
  it('resumed and approved → another run of it does what it is to do, in a conversation of its own', async () => {
    await batches.start('failed', runs(agent('deal', 'Pay the invoice "${item.name}"')));
    expect((await batches.ended('failed')).state).toBe('failed');
    await batches.resume('failed');
    const asked = await batches.pendingOf('failed');
    expect(asked).toMatchObject({
      id: expect.stringMatching(/^failed\.0\.deal\.2r~/) as string,
      reason: expect.stringContaining('may have done this already') as string,
    });
    expect(await batches.done()).toEqual(['pay failed']);
    await decide(batches.engine.ostinato, asked.id, { verdict: 'approve' });
    expect((await batches.ended('failed')).state).toBe('completed');
    expect(await batches.done()).toEqual(['pay failed', 'pay failed']);
  });

  it('two of a list, one of which answered → only the other asks and acts again', async () => {
    const items = ['Note "fine"', 'Pay the invoice "list-c"'];
    const each = agent('each', '${item}', { forEach: { items, maxParallel: 1 } });
    await batches.start('agents', runs(within(each)));
    expect((await batches.ended('agents')).state).toBe('failed');
    await batches.resume('agents');
    const asked = await batches.pendingOf('agents');
    expect(asked.id).toContain('agents.0.sub.each.2r.i1~');
    await decide(batches.engine.ostinato, asked.id, { verdict: 'approve' });
    expect((await batches.ended('agents')).state).toBe('completed');
    expect(await batches.done()).toEqual(['note fine', 'pay list-c', 'pay list-c']);
  });

  it('that had called nothing → nobody is asked', async () => {
    const first = agent('first', 'Pay the invoice "${item.name}"', { after: ['stop'] });
    await batches.start('unbegun', runs(pay('stop', 'unbegun'), first));
    expect((await batches.ended('unbegun')).state).toBe('failed');
    await batches.resume('unbegun');
    expect((await batches.ended('unbegun')).state).toBe('completed');
  });
});
