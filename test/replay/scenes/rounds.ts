import type { AgentRound } from '../../../common/agent-rounds.ts';
import { workflowIdOf } from '../../../client/start-run.ts';
import { after, literal, LIMITS, plan, step, TENANT, textResult } from '../../support/plans.ts';
import { ONE_QUEUE } from '../../support/temporal.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Recorder } from '../recorder.ts';

/** The second round of a batch's item: one of its agents has answered before, another begins anew. */
export async function recordRounds({ ostinato, save, plans }: Recorder): Promise<void> {
  plans.set('Look', plan(step('seen')));
  const agent = (id: string, goal: string) =>
    step(id, { action: { kind: 'agent', limits: {} }, args: { goal: literal(goal) } });
  const agents: AgentRound = {
    round: 2,
    answered: { known: { goal: 'Know', result: textResult('It is known.') } },
    acted: ['known', 'ask'],
  };
  const handle = await ostinato.temporal.workflow.start('runPlan', {
    workflowId: workflowIdOf(ostinato, 'recorded-round'),
    taskQueue: ONE_QUEUE.agent,
    args: [
      {
        ...{ tenant: TENANT, limits: LIMITS, queues: ONE_QUEUE, agent: 'recorded', written: null },
        plan: plan(agent('known', 'Know'), agent('ask', 'Look'), step('bad', after('ask'))),
        agents,
      },
    ],
  });
  await handle.result();
  await save('run-plan-round', handle.workflowId);
  await save('run-agent-round', `${handle.workflowId}.ask.2r`);
}

/** A child run is killed that holds calls: what it has not begun goes to its parent's own steps. */
export async function recordLost({ ostinato, start, save }: Recorder): Promise<void> {
  const below = plan(step('one'), step('held', after('one')), step('two', after('held')));
  const run = await start(
    [
      step('sub', {
        action: { kind: 'plan', plan: below, returns: null },
        onFailure: 'skip-dependents',
      }),
      step('go', { action: { kind: 'signal', name: 'never' }, timeoutMs: 2_000, optional: true }),
      step('then', after('go')),
    ],
    { limits: { maxToolCalls: 30 } },
  );
  const child = ostinato.temporal.workflow.getHandle(`${run.workflowId}.sub`);
  await waitFor('the child to hold calls', async () => {
    const described = await child.describe().catch(() => null);
    return described?.raw.pendingActivities?.length === 1;
  });
  await child.terminate('recorded');
  await run.result();
  await save('run-plan-lost-child', run.workflowId);
}
