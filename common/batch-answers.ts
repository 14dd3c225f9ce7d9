import type { JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';
import { resultValue } from './result-value.ts';
import type { ToolResult } from './tool.ts';
import { valueAt } from './value-path.ts';

/**
 * The answers in the answer of a tool that was called once for several: one for each item, as the
 * tool for one would give it. `null` where an item has none; `null` as a whole where the answer is no
 * list of so many, or lies in an artifact.
 *
 * @param path of the list in the answer; `''` is the whole.
 */
export function batchAnswers(
  result: ToolResult,
  path: string,
  count: number,
): readonly (ToolResult | null)[] | null {
  if (result.isError || result.artifact !== null) return null;
  const found = valueAt(resultValue(result), path);
  if (!found.found || !Array.isArray(found.value) || found.value.length !== count) return null;
  return (found.value as readonly JsonValue[]).map((value) =>
    value === null ? null : asResult(value, result),
  );
}

function asResult(value: JsonValue, { degraded }: ToolResult): ToolResult {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return {
    isError: false,
    content: [{ kind: 'text', text }],
    structured: isJsonObject(value) ? value : null,
    artifact: null,
    ...(degraded === undefined ? {} : { degraded }),
  };
}
