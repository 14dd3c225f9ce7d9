import type { JsonObject, JsonValue } from './json.ts';
import type { Plan, StepId } from './plan.ts';
import { resultValue } from './result-value.ts';
import type { ToolResult } from './tool.ts';

/**
 * What a step that is a plan answers: a field for each step that is wanted and has a result. A large
 * one stays where it is, and a placeholder says where.
 */
export function subPlanAnswer(
  plan: Plan,
  returns: readonly StepId[] | null,
  results: Readonly<Record<string, ToolResult>>,
): JsonObject {
  const own = plan.steps.filter(({ action }) => action?.kind !== 'value').map(({ id }) => id);
  const fields = (returns ?? own).flatMap((id): [string, JsonValue][] => {
    const result = results[id];
    return result === undefined ? [] : [[id, valueOf(result)]];
  });
  return Object.fromEntries(fields);
}

function valueOf(result: ToolResult): JsonValue {
  if (result.artifact === null) return resultValue(result);
  return { $artifact: result.artifact.artifactId, path: '' };
}
