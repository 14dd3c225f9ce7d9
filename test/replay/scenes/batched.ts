import { batchSteps } from '../../../common/optimise/batch-steps.ts';
import type { BatchTool, PlanStep } from '../../../common/plan.ts';
import type { EffectClass, ToolId } from '../../../common/tool.ts';
import { after, literal, output, step } from '../../support/plans.ts';
import type { Recorder } from '../recorder.ts';

const ONE = 's/one' as ToolId;

function many(effect: EffectClass): BatchTool {
  return {
    ...{ tool: 's/many' as ToolId, effect, fingerprint: null, timeoutMs: 5_000 },
    ...{ argument: 'city', items: 'cities', result: '', maxItems: 3 },
  };
}

function ask(id: string, more: Partial<PlanStep> = {}): PlanStep {
  return step(id, { tool: ONE, args: { city: literal(id) }, ...more });
}

function joined(effect: EffectClass, steps: readonly PlanStep[]): readonly PlanStep[] {
  const facts = { inputSchema: null, outputSchema: null, resources: null, batch: many(effect) };
  return batchSteps(steps, (tool) => (tool === ONE ? facts : undefined)).steps;
}

/** Steps whose calls are one, and lists that are called in chunks: answered, in part, and refused. */
export async function recordBatched({ start, save }: Recorder): Promise<void> {
  const list = (value: readonly string[], more: Partial<PlanStep> = {}): Partial<PlanStep> => ({
    ...{ tool: ONE, batch: many('read'), args: { city: output('item') } },
    forEach: { items: { kind: 'literal', value }, maxParallel: 2 },
    ...more,
  });
  const reads = await start([
    ...joined('read', [ask('a'), ask('b'), ask('lost-one')]),
    step('after', { args: { v: output('b') } }),
    step('chunks', list(['p', 'q', 'lost', 'r', 's'], after('after'))),
    step('refused-chunk', list(['refused', 't', 'u'], after('after'))),
  ]);
  await reads.result();
  await save('run-plan-batched', reads.workflowId);

  const refused = await start(joined('read', [ask('refused'), ask('c')]));
  await refused.result();
  await save('run-plan-batch-refused', refused.workflowId);

  const effects = await start(
    joined('keyed', [ask('refused', { effect: 'keyed' }), ask('d', { effect: 'keyed' })]),
  );
  await effects.result();
  await save('run-plan-batch-failed', effects.workflowId);

  const asked = await start(joined('read', [ask('e'), ask('f')]), {
    policy: { approvals: [{ tool: 's/many' }], approvalTimeoutMs: 1_000 },
  });
  await asked.result();
  await save('run-plan-batch-asked', asked.workflowId);
}
