import { decide, runHandle } from '../../../client/index.ts';
import { workflowIdOf } from '../../../client/start-run.ts';
import type { StepUndo } from '../../../common/plan.ts';
import type { ToolId } from '../../../common/tool.ts';
import { after, LIMITS, literal, output, plan, step } from '../../support/plans.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Recorder } from '../recorder.ts';

const ASK_PAY = { approvals: [{ tool: 'bank/*' }] };
const APPROVE = { verdict: 'approve' } as const;
const pay = { tool: 'bank/pay' as ToolId, effect: 'non-idempotent' } as const;

/** Decided while a question in the middle of a call keeps the run from leaving; of a list, one item before and one after. */
export async function recordAhead({ ostinato, saveBothHalves }: Recorder): Promise<void> {
  const chain = ['one', 'two', 'three', 'four'].map((id, at, all) =>
    step(id, at === 0 ? {} : after(all[at - 1] ?? '')),
  );
  const list = step('list', {
    ...pay,
    args: { amount: output('item') },
    forEach: { items: literal([1, 2]), maxParallel: 2 },
  });
  const input = {
    plan: plan(step('pay', pay), list, step('asks-during'), ...chain),
    ...{ limits: LIMITS, leaveAfterEvents: 25, policy: ASK_PAY },
  };
  await saveBothHalves('run-plan-ahead', 'runPlan', input, async (runId) => {
    const run = runHandle(ostinato, runId);
    const idOf = (of: string) =>
      waitFor(`the question of ${of}`, async () => {
        const now = await run.progress().catch(() => null);
        return now?.pending?.find((each) => each.title.includes(of))?.id;
      });
    const handle = ostinato.temporal.workflow.getHandle(workflowIdOf(ostinato, runId));
    const { runId: first } = await handle.describe();
    await decide(ostinato, await idOf('list[0]'), APPROVE);
    await waitFor('the run to begin nothing more', async () => {
      const steps = (await run.progress().catch(() => null))?.steps ?? [];
      const running = steps.filter(({ state }) => state === 'running').map(({ id }) => id);
      const isBegun = steps.some((each) => each.title === 'one' && each.state === 'done');
      return isBegun && running.join() === 'asks-during';
    });
    await decide(ostinato, await idOf('pay'), APPROVE);
    const values = { seats: 2 };
    await decide(ostinato, await idOf('asks-during'), { verdict: 'answer', values });
    await waitFor('the next run', async () => (await handle.describe()).runId !== first);
    await decide(ostinato, await idOf('list[1]'), APPROVE);
  });
}

/** An undo that waits for its person. */
export async function recordUndo({ ostinato, start, save }: Recorder): Promise<void> {
  const undo: StepUndo = { ...pay, args: {}, fingerprint: null, timeoutMs: 5_000 };
  const run = await start([step('done', { undo }), step('bad-pay', after('done'))], {
    policy: { ...ASK_PAY, rollback: true },
  });
  const id = await waitFor('the undo to wait', async () => {
    return (await run.progress().catch(() => null))?.pending?.[0]?.id;
  });
  await decide(ostinato, id ?? '', APPROVE);
  await run.result();
  await save('run-plan-undo-asked', run.workflowId);
}
