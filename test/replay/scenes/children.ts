import { pauseRun, resumeRun, runHandle, signalRun } from '../../../client/index.ts';
import type { PlanStep, StepFallback } from '../../../common/plan.ts';
import { after, literal, output, plan, step } from '../../support/plans.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Recorder } from '../recorder.ts';

const SPARE = {
  ...{ tool: 'spare/tool', args: {}, effect: 'read', fingerprint: null, timeoutMs: 5_000 },
};

/** Waits, signals, a fallback, a plan and an agent as child runs. */
export async function recordChildren({ ostinato, start, save, plans }: Recorder): Promise<void> {
  const args = { v: literal(1) };
  const below = plan(step('args', { action: { kind: 'value' } }), step('in', { args }));
  plans.set('Look', plan(step('seen')));
  const waiting = await start([
    step('pause', { action: { kind: 'wait' }, args: { seconds: literal(0.2) } }),
    step('go', { action: { kind: 'signal', name: 'go' } }),
    step('bad-four', { fallback: SPARE as StepFallback, ...after('pause') }),
    step('sub', { action: { kind: 'plan', plan: below, returns: null }, args, ...after('go') }),
    step('ask', { action: { kind: 'agent', limits: {} }, args: { goal: literal('Look') } }),
    step('late', { action: { kind: 'signal', name: 'x' }, timeoutMs: 50, optional: true }),
  ]);
  await waitFor('the wait for the signal', async () => {
    return (await waiting.progress()).steps[1]?.state === 'running';
  });
  await signalRun(ostinato, waiting.runId, 'go', { by: 'recorder' });
  await waiting.result();
  await save('run-plan-children', waiting.workflowId);
  await save('run-plan-child', `${waiting.workflowId}.sub`);
  await save('run-agent-child', `${waiting.workflowId}.ask`);
}

/** A plan an item, in which an agent runs a plan: runs below runs that share a budget. */
export async function recordNested({ start, save, plans }: Recorder): Promise<void> {
  const inner = plan(step('w', { action: { kind: 'wait' }, args: { seconds: literal(0.1) } }));
  const deep = { kind: 'plan', plan: plan(...inner.steps, step('x')), returns: null } as const;
  plans.set('Dig', plan(step('one'), step('two'), step('deep', { action: deep })));
  const ask = step('ask', {
    action: { kind: 'agent', limits: { maxToolCalls: 4 } },
    args: { goal: literal('Dig') },
  });
  const each = { kind: 'plan', plan: plan(ask, step('y', after('ask'))), returns: null } as const;
  const nested = await start([
    step('each', {
      action: each,
      forEach: { items: { kind: 'literal', value: ['p', 'q'] }, maxParallel: 2 },
      args: { v: output('item') },
    }),
    step('z', after('each')),
  ]);
  await nested.result();
  const id = nested.workflowId;
  await save('run-plan-nested', id);
  await save('run-plan-nested-item', `${id}.each.i0`);
  await save('run-agent-nested', `${id}.each.i0.ask`);
  await save('run-plan-nested-deep', `${id}.each.i0.ask.deep`);
}

/** Child runs that reach the limit that they share, and one that is cancelled with its parent. */
export async function recordEndedChildren({ start, save }: Recorder): Promise<void> {
  const of = (...ids: readonly string[]) => ({
    action: { kind: 'plan', plan: plan(...ids.map((id) => step(id))), returns: null } as const,
  });
  const short = await start([step('left', of('a', 'b', 'c')), step('right', of('d', 'e', 'f'))], {
    limits: { maxToolCalls: 4 },
  });
  await short.result();
  await save('run-plan-children-out', short.workflowId);
  await save('run-plan-child-out', `${short.workflowId}.right`);

  const held = await start([step('below', of('held', 'ok'))]);
  await waitFor('the child to run', async () => {
    return (await held.progress()).steps[0]?.run !== undefined;
  });
  await held.cancel('recorded');
  await held.result();
  await save('run-plan-children-cancelled', held.workflowId);
}

/** Child runs that are lent calls, give some back for others, and are paused with calls in hand. */
export async function recordLent({ ostinato, start, save }: Recorder): Promise<void> {
  const of = (steps: readonly PlanStep[]) =>
    ({ kind: 'plan', plan: plan(...steps), returns: null }) as const;
  const run = await start(
    [
      step('slow', {
        action: of([
          ...chain('c', 4),
          step('go', { action: { kind: 'signal', name: 'go' } }),
          step('end', after('go')),
        ]),
      }),
      step('fast', { action: of(chain('f', 40)), onFailure: 'skip-dependents' }),
    ],
    { limits: { maxToolCalls: 40 } },
  );
  const slow = `${run.runId}.slow`;
  await waitFor('the child to wait', async () => {
    const seen = await runHandle(ostinato, slow)
      .progress()
      .catch(() => null);
    return seen?.steps.some(({ id, state }) => id === 'go' && state === 'running') === true;
  });
  await pauseRun(ostinato, run.runId);
  await resumeRun(ostinato, run.runId);
  await waitFor('the other to be refused', async () => {
    return (await run.progress()).steps[1]?.state === 'failed';
  });
  await signalRun(ostinato, slow, 'go', {});
  await run.result();
  await save('run-plan-lends', run.workflowId);
  await save('run-plan-lent', `${run.workflowId}.slow`);
  await save('run-plan-lent-short', `${run.workflowId}.fast`);
}

function chain(name: string, length: number): readonly PlanStep[] {
  return Array.from({ length }, (_, at) =>
    step(`${name}${at}`, at === 0 ? {} : after(`${name}${at - 1}`)),
  );
}
