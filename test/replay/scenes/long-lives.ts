import { ulid } from 'ulid';
import {
  pauseRun,
  resumeRun,
  sendMessage,
  signalRun,
  startAgent,
  steerRun,
} from '../../../client/index.ts';
import { conversationWorkflowId } from '../../../client/conversation-state.ts';
import { LIMITS, after, literal, plan, step } from '../../support/plans.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Recorder } from '../recorder.ts';
import { DIAMOND } from './plans.ts';

const NARROW = { ...LIMITS, maxParallel: 1 };

/** Runs that continue as new in the middle of a plan: the one that left and the one that goes on. */
export async function recordContinued({
  ostinato,
  plans,
  saveBothHalves,
}: Recorder): Promise<void> {
  await saveBothHalves('run-plan', 'runPlan', {
    ...{ plan: DIAMOND, limits: NARROW, leaveAfterEvents: 15 },
  });
  plans.set('Live long', DIAMOND);
  await saveBothHalves('run-agent', 'runAgent', {
    ...{ goal: 'Live long', limits: NARROW, leaveAfterEvents: 20 },
  });
  const waiting = plan(
    step('first'),
    step('pause', { action: { kind: 'wait' }, args: { seconds: literal(2) } }),
    step('go', { action: { kind: 'signal', name: 'go' } }),
    step('last', after('pause', 'go')),
  );
  const input = { plan: waiting, limits: NARROW, leaveAfterEvents: 5 };
  await saveBothHalves('run-plan-waits', 'runPlan', input, async (runId) => {
    await signalRun(ostinato, runId, 'go', 'recorded');
  });
}

/** An agent that is paused, told something, and goes on. */
export async function recordOrders({ ostinato, plans, save }: Recorder): Promise<void> {
  plans.set('Wait for me', plan(step('w', { action: { kind: 'signal', name: 'never' } })));
  const agent = await startAgent(ostinato, { goal: 'Wait for me' });
  await waitFor('the step to wait', async () => {
    return (await agent.progress()).steps[0]?.state === 'running';
  });
  await pauseRun(ostinato, agent.runId);
  await steerRun(ostinato, agent.runId, 'Go on.');
  await resumeRun(ostinato, agent.runId);
  await agent.result();
  await save('run-agent-steered', agent.workflowId);
}

/** Two messages of one conversation; the second begins while the first is answered. */
export async function recordConversation({ ostinato, save }: Recorder): Promise<void> {
  const conversationId = ulid();
  const first = await sendMessage(ostinato, { conversationId, text: 'One' });
  const second = await sendMessage(ostinato, { conversationId, text: 'Two' });
  await first.result();
  await second.result();
  await save('run-conversation', conversationWorkflowId(ostinato, conversationId));
}
