import { startAgent } from '../../../client/index.ts';
import type { Plan } from '../../../common/plan.ts';
import { after, output, plan, step } from '../../support/plans.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Recorder } from '../recorder.ts';

export const DIAMOND: Plan = plan(
  step('top'),
  step('left', { args: { v: output('top') } }),
  step('right', after('top')),
  step('bad-one', { onFailure: 'skip-dependents' }),
  step('lost', after('bad-one')),
  step('bottom', after('left', 'right')),
);

export async function recordAgents({ ostinato, plans, save }: Recorder): Promise<void> {
  plans.set('Record me', DIAMOND);
  const agent = await startAgent(ostinato, { goal: 'Record me' });
  await agent.result();
  await save('run-agent', agent.workflowId);

  const stopped = await startAgent(ostinato, { goal: 'Hold' });
  await waitFor('the planner', async () => (await stopped.progress()).phase === 'planning');
  await stopped.cancel('recorded');
  await stopped.result();
  await save('run-agent-cancelled', stopped.workflowId);
}

/** To the end, checked by the run itself, aborted, and cancelled. */
export async function recordPlans({ start, save }: Recorder): Promise<void> {
  const whole = await start(DIAMOND.steps);
  await whole.result();
  await save('run-plan', whole.workflowId);

  const unchecked = await start(null);
  await unchecked.result();
  await save('run-plan-written', unchecked.workflowId);

  const aborted = await start([step('bad-two'), step('never', after('bad-two'))]);
  await aborted.result();
  await save('run-plan-aborted', aborted.workflowId);

  const cancelled = await start([step('held'), step('later', after('held'))]);
  await waitFor('the step to run', async () => {
    return (await cancelled.progress()).steps[0]?.state === 'running';
  });
  await cancelled.cancel('recorded');
  await cancelled.result();
  await save('run-plan-cancelled', cancelled.workflowId);
}
