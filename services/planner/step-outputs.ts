import type { JsonObject } from '../../common/json.ts';
import type { PlanStep } from '../../common/plan.ts';
import type { ToolDescriptor } from '../../common/tool.ts';
import { ARGS_STEP } from './step-actions.ts';

/** By step: what its answer looks like; `id` is what a message calls it. */
export type StepOutputs = ReadonlyMap<string, Pick<ToolDescriptor, 'id' | 'outputSchema'>>;

/** What tools say of their answers, and what is known of steps that call none. */
export function stepOutputs(
  steps: readonly PlanStep[],
  tools: StepOutputs,
  inputs: readonly string[],
): StepOutputs {
  const outputs = new Map(tools);
  for (const { id, tool, action } of steps) {
    const fields = action === undefined ? null : fieldsOf(action, inputs);
    if (fields === null) continue;
    const known = id === ARGS_STEP ? (id as string as typeof tool) : tool;
    outputs.set(id, { id: known, outputSchema: closedObject(fields) });
  }
  return outputs;
}

/** `null`: nobody knows. */
function fieldsOf(
  action: NonNullable<PlanStep['action']>,
  inputs: readonly string[],
): Readonly<Record<string, JsonObject>> | null {
  const open = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]));
  switch (action.kind) {
    case 'signal':
      return null;
    case 'wait':
      return { until: { type: 'string' } };
    case 'agent':
      return { answer: { type: 'string' } };
    case 'value':
      return open(inputs);
    case 'plan': {
      const all = action.plan.steps.filter((step) => step.action?.kind !== 'value');
      return open(action.returns ?? all.map(({ id }) => id));
    }
  }
}

function closedObject(properties: Readonly<Record<string, JsonObject>>): JsonObject {
  return { type: 'object', properties, additionalProperties: false };
}
