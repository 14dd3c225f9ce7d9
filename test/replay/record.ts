// Records the histories that replay.test.ts replays: `node test/replay/record.ts`. Run it when a new
// kind of history exists, and add to the files: those of earlier releases must stay.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { ulid } from 'ulid';
import type { Activities } from '../../activities/index.ts';
import { runPlan, startAgent } from '../../client/index.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { PlanGoalResult } from '../../common/agent.ts';
import type { Plan } from '../../common/plan.ts';
import { after, output, plan, step, textResult } from '../support/plans.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

const RELEASE = '0.1.0';

const activities = {
  callTool: async (input) => {
    const id = input.idempotencyKey.split('/').at(-2) ?? '';
    if (id.startsWith('bad')) throw ApplicationFailure.nonRetryable('broke', 'Tool.Unavailable');
    if (id.startsWith('held')) await untilCancelled();
    return textResult(`${id} done`);
  },
  checkPlan: async () => plan(step('checked')),
  planGoal: async (input): Promise<PlanGoalResult> => ({
    planner: { kind: 'offline', provider: null, model: null },
    conversation: { ...input.conversation, headVersion: input.conversation.headVersion + 1 },
    usage: NO_USAGE,
    toolsConsidered: [],
    ...(input.turn === 1
      ? { kind: 'plan', plan: diamond }
      : { kind: 'answer', answer: `${input.observations.length} steps seen` }),
  }),
} satisfies Activities;

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

async function save(name: string, workflowId: string): Promise<void> {
  const history = await ostinato.temporal.workflow.getHandle(workflowId).fetchHistory();
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
} finally {
  await ostinato.close();
  await workers.stop();
  await temporal.stop();
}
