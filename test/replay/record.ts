// Records the histories that replay.test.ts replays: `node test/replay/record.ts [RELEASE]`. Run it when a new
// kind of history exists, and add to the files: those of earlier releases must stay.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { ulid } from 'ulid';
import type { WorkerActivities } from '../../activities/index.ts';
import { decide, runPlan, signalRun, startAgent } from '../../client/index.ts';
import { workflowIdOf } from '../../client/start-run.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { PlanGoalResult } from '../../common/agent.ts';
import type { Plan, StepFallback, StepUndo } from '../../common/plan.ts';
import { after, LIMITS, literal, output, plan, step, textResult } from '../support/plans.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

const RELEASE = process.argv[2] ?? '0.2.0';

const activities = {
  callTool: async (input) => {
    const id = input.idempotencyKey.split('/').at(-2) ?? '';
    if (id.startsWith('bad') && !id.endsWith('.fallback'))
      throw ApplicationFailure.nonRetryable('broke', 'Tool.Unavailable');
    if (id.startsWith('held')) await untilCancelled();
    return textResult(`${id} done`);
  },
  checkPlan: async () => plan(step('checked')),
  checkArguments: async () => undefined,
  keepResult: async ({ result }) => result,
  findConversation: async ({ conversationId }) => ({ conversationId, headVersion: 0 }),
  keepStopped: async () => undefined,
  planGoal: async (input): Promise<PlanGoalResult> => ({
    ...(input.goal === 'Hold' ? await untilCancelled() : {}),
    planner: { kind: 'offline', provider: null, model: null },
    conversation: { ...input.conversation, headVersion: input.conversation.headVersion + 1 },
    usage: NO_USAGE,
    toolsConsidered: [],
    ...(input.turn === 1
      ? { kind: 'plan', plan: diamond }
      : { kind: 'answer', answer: `${input.observations.length} steps seen` }),
  }),
} satisfies WorkerActivities;

async function untilCancelled(): Promise<never> {
  const beat = setInterval(() => heartbeat(), 100);
  return Context.current().cancelled.finally(() => clearInterval(beat));
}

const diamond: Plan = plan(
  step('top'),
  step('left', { args: { v: output('top') } }),
  step('right', after('top')),
  step('bad-one', { onFailure: 'skip-dependents' }),
  step('lost', after('bad-one')),
  step('bottom', after('left', 'right')),
);

const temporal = await startTemporal();
const workers = await startWorkers(temporal.address, activities);
const ostinato = await connectTo(temporal.address);
const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };

async function save(name: string, workflowId: string, runId?: string): Promise<void> {
  const history = await ostinato.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
  const file = join(import.meta.dirname, 'histories', `${name}-${RELEASE}.json`);
  // Names of the recording machine say nothing about the run.
  const text = historyToJSON(history).replaceAll(/"identity": "[^"]*"/g, '"identity": "recorder"');
  await writeFile(file, `${text}\n`);
  console.log(`${name}: ${history.events?.length} events`);
}

try {
  const agent = await startAgent(ostinato, { goal: 'Record me' });
  await agent.result();
  await save('run-agent', agent.workflowId);

  const stopped = await startAgent(ostinato, { goal: 'Hold' });
  await waitFor('the planner', async () => (await stopped.progress()).phase === 'planning');
  await stopped.cancel('recorded');
  await stopped.result();
  await save('run-agent-cancelled', stopped.workflowId);

  const checked = await runPlan(ostinato, { plan: written, runId: ulid() }, diamond);
  await checked.result();
  await save('run-plan', checked.workflowId);

  const unchecked = await runPlan(ostinato, { plan: written, runId: ulid() });
  await unchecked.result();
  await save('run-plan-written', unchecked.workflowId);

  const flowing = await runPlan(
    ostinato,
    { plan: written, runId: ulid(), fastReads: true },
    plan(
      step('short', { expectedMs: 5 }),
      step('same', { sameAs: 'short' as never, ...after('short') }),
      step('unwanted', { when: { value: output('short'), equals: 'x' } }),
      step('bad-three', { optional: true }),
      step('map', {
        forEach: { items: { kind: 'literal', value: ['a', 'b', 'c'] }, maxParallel: 2 },
        args: { v: output('item') },
        ...after('same', 'bad-three'),
      }),
    ),
  );
  await flowing.result();
  await save('run-plan-flow', flowing.workflowId);

  const aborted = await runPlan(
    ostinato,
    { plan: written, runId: ulid() },
    plan(step('bad-two'), step('never', after('bad-two'))),
  );
  await aborted.result();
  await save('run-plan-aborted', aborted.workflowId);

  const cancelled = await runPlan(
    ostinato,
    { plan: written, runId: ulid() },
    plan(step('held'), step('later', after('held'))),
  );
  await waitFor('the step to run', async () => {
    return (await cancelled.progress()).steps[0]?.state === 'running';
  });
  await cancelled.cancel('recorded');
  await cancelled.result();
  await save('run-plan-cancelled', cancelled.workflowId);

  const undo = {
    tool: 'fake/undo',
    args: {},
    effect: 'keyed',
    fingerprint: null,
    timeoutMs: 5_000,
  };
  const asked = await runPlan(
    ostinato,
    {
      plan: written,
      runId: ulid(),
      policy: { approvals: [{ tool: 'fake/*' }], rollback: true, onUnknown: 'ask' },
    },
    plan(step('done', { undo: undo as StepUndo }), step('bad-three', after('done'))),
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

  const args = { v: { kind: 'literal', value: 1 } } as const;
  const below = plan(step('args', { action: { kind: 'value' } }), step('in', { args }));
  const spare = {
    tool: 'spare/tool',
    args: {},
    effect: 'read',
    fingerprint: null,
    timeoutMs: 5_000,
  };
  const waiting = await runPlan(
    ostinato,
    { plan: written, runId: ulid() },
    plan(
      step('pause', { action: { kind: 'wait' }, args: { seconds: literal(0.2) } }),
      step('go', { action: { kind: 'signal', name: 'go' } }),
      step('bad-four', { fallback: spare as StepFallback, ...after('pause') }),
      step('sub', { action: { kind: 'plan', plan: below, returns: null }, args, ...after('go') }),
      step('ask', { action: { kind: 'agent', limits: {} }, args: { goal: literal('Look') } }),
      step('late', { action: { kind: 'signal', name: 'x' }, timeoutMs: 50, optional: true }),
    ),
  );
  await waitFor('the wait for the signal', async () => {
    return (await waiting.progress()).steps[1]?.state === 'running';
  });
  await signalRun(ostinato, waiting.runId, 'go', { by: 'recorder' });
  await waiting.result();
  await save('run-plan-children', waiting.workflowId);
  await save('run-plan-child', `${waiting.workflowId}.sub`);
  await save('run-agent-child', `${waiting.workflowId}.ask`);

  const runId = ulid();
  const first = await ostinato.temporal.workflow.start('runPlan', {
    workflowId: workflowIdOf(ostinato, runId),
    taskQueue: ONE_QUEUE.agent,
    args: [
      {
        ...{ tenant: ostinato.tenant, agent: 'plan', written: null, queues: ONE_QUEUE },
        ...{ plan: diamond, limits: { ...LIMITS, maxParallel: 1 }, leaveAfterEvents: 15 },
      },
    ],
  });
  await first.result();
  await save('run-plan-continued', first.workflowId, first.firstExecutionRunId);
} finally {
  await ostinato.close();
  await workers.stop();
  await temporal.stop();
}
