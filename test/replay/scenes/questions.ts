import { decide, runHandle } from '../../../client/index.ts';
import { workflowIdOf } from '../../../client/start-run.ts';
import { LIMITS, after, plan, step } from '../../support/plans.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Recorder } from '../recorder.ts';

/** A tool that asks before it acts, one that asks in the middle, one that nobody answers, and one that is still asked when the run continues as new. */
export async function recordQuestions({
  ostinato,
  start,
  save,
  saveBothHalves,
}: Recorder): Promise<void> {
  const answer = async (runId: string, of: string): Promise<void> => {
    let id: string | undefined;
    await waitFor('the question', async () => {
      const progress = await runHandle(ostinato, runId)
        .progress()
        .catch(() => null);
      id = progress?.pending?.find(({ step: asking }) => asking === of)?.id;
      return id !== undefined;
    });
    await decide(ostinato, id ?? '', { verdict: 'answer', values: { seats: 2 } });
  };
  const asked = await start([
    step('asks', { effect: 'non-idempotent' }),
    step('asks-during', after('asks')),
  ]);
  await answer(asked.runId, 'asks');
  await answer(asked.runId, 'asks-during');
  await asked.result();
  await save('run-plan-asked', asked.workflowId);

  const declined = await start([step('asks')], { policy: { approvalTimeoutMs: 1_000 } });
  await declined.result();
  await save('run-plan-asked-in-vain', declined.workflowId);

  const chain = ['one', 'two', 'three', 'four'].map((id, at, all) =>
    step(id, at === 0 ? {} : after(all[at - 1] ?? '')),
  );
  const input = {
    plan: plan(step('asks'), ...chain),
    ...{ limits: LIMITS, leaveAfterEvents: 25 },
  };
  await saveBothHalves('run-plan-asks', 'runPlan', input, async (runId) => {
    const run = ostinato.temporal.workflow.getHandle(workflowIdOf(ostinato, runId));
    const { runId: first } = await run.describe();
    await waitFor('the run to continue as new', async () => (await run.describe()).runId !== first);
    await answer(runId, 'asks');
  });
}
