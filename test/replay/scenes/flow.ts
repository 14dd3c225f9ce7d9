import { decide } from '../../../client/index.ts';
import type { StepUndo } from '../../../common/plan.ts';
import { after, literal, output, step } from '../../support/plans.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Recorder } from '../recorder.ts';

/** Short reads, equal steps, conditions, a list, and steps that may fail. */
export async function recordFlow({ start, save }: Recorder): Promise<void> {
  const flowing = await start(
    [
      step('short', { expectedMs: 5 }),
      step('same', { sameAs: 'short' as never, ...after('short') }),
      step('unwanted', { when: { value: output('short'), equals: 'x' } }),
      step('bad-three', { optional: true }),
      step('map', {
        forEach: { items: { kind: 'literal', value: ['a', 'b', 'c'] }, maxParallel: 2 },
        args: { v: output('item') },
        ...after('same', 'bad-three'),
      }),
    ],
    { fastReads: true },
  );
  await flowing.result();
  await save('run-plan-flow', flowing.workflowId);
}

/** Approved by a person, failed, and undone. */
export async function recordApproved({ start, save, ostinato }: Recorder): Promise<void> {
  const undo = {
    ...{ tool: 'fake/undo', args: {}, effect: 'keyed', fingerprint: null, timeoutMs: 5_000 },
  };
  const asked = await start(
    [step('done', { undo: undo as StepUndo }), step('bad-three', after('done'))],
    { policy: { approvals: [{ tool: 'fake/*' }], rollback: true, onUnknown: 'ask' } },
  );
  for (let decided = 0; decided < 3; decided += 1) {
    let id = '';
    await waitFor('the run to wait', async () => {
      id = (await asked.progress().catch(() => null))?.pending?.[0]?.id ?? '';
      return id !== '';
    });
    await decide(ostinato, id, { verdict: 'approve', args: { decided } });
  }
  await asked.result();
  await save('run-plan-approved', asked.workflowId);
}

/** Steps whose answer is there when the run begins: no call is made, or it is made after all. */
export async function recordKnown({ start, save }: Recorder): Promise<void> {
  const result = { isError: false, content: [], structured: { v: 7 }, artifact: null };
  const forever = { result, untilMs: 4_102_444_800_000 };
  const known = await start([
    step('known', { known: forever }),
    step('late', { known: { result, untilMs: 1 } }),
    step('same', { sameAs: 'known' as never, ...after('known') }),
    step('uses', { args: { v: output('known', 'v') } }),
    step('list', {
      forEach: { items: { kind: 'literal', value: [1, 2] }, maxParallel: 1 },
      known: forever,
    }),
    step('skipped', {
      known: forever,
      when: { value: output('known', 'v'), above: 8 },
      optional: true,
    }),
    step('last', { args: { v: literal(1) }, ...after('same', 'list', 'skipped') }),
    // What a run does in its last moment is compared with nothing.
    step('end', {
      action: { kind: 'wait' },
      args: { seconds: literal(0.1) },
      ...after('last', 'uses', 'late'),
    }),
  ]);
  await known.result();
  await save('run-plan-known', known.workflowId);
}
