import type { JsonObject, JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';
import { asText, isArtifactValue, lookUp } from './resolve-args.ts';
import type { StepId } from './plan.ts';
import type { ToolResult } from './tool.ts';

/** The whole result that an artifact holds. */
export type HeldResult = Pick<ToolResult, 'content' | 'structured'>;

/** Ids of the artifacts that the arguments refer to, each once. */
export function artifactIdsIn(value: JsonValue): readonly string[] {
  if (isArtifactValue(value)) return [value.$artifact];
  const held: readonly JsonValue[] = Array.isArray(value)
    ? value
    : isJsonObject(value)
      ? Object.values(value)
      : [];
  return [...new Set(held.flatMap(artifactIdsIn))];
}

/**
 * Replaces the placeholders that `resolveArgs` left.
 * @throws UnresolvedReference where a path does not exist in the artifact.
 */
export function fillArtifacts(
  args: JsonObject,
  results: ReadonlyMap<string, HeldResult>,
): JsonObject {
  return fill(args, results) as JsonObject;
}

function fill(value: JsonValue, results: ReadonlyMap<string, HeldResult>): JsonValue {
  if (isArtifactValue(value)) {
    const result = results.get(value.$artifact);
    if (result === undefined) throw new Error(`Artifact ${value.$artifact} was not loaded.`);
    return lookUp({ step: value.$artifact as StepId, path: value.path }, result);
  }
  if (Array.isArray(value)) return value.map((item: JsonValue) => fill(item, results));
  if (!isJsonObject(value)) return value;
  const parts = value['$concat'];
  if (Array.isArray(parts)) {
    return parts.map((part: JsonValue) => asText(fill(part, results))).join('');
  }
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, fill(held, results)]));
}
