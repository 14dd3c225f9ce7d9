import type { JsonObject, JsonValue } from './json.ts';
import type { OutputRef, StepArg, StepId } from './plan.ts';
import { resultText, resultValue } from './result-value.ts';
import type { ArtifactText, ArtifactValue, ToolResult } from './tool.ts';
import { parsePath, valueAt, writePath } from './value-path.ts';

/** A reference that cannot be followed. The message names the step, the path and what is there. */
export class UnresolvedReference extends Error {
  override readonly name = 'UnresolvedReference';
}

/**
 * Puts earlier results into a step's arguments. A value that lies in an artifact stays a
 * placeholder (`$artifact`, `$concat`), which the activity fills: the history never holds it.
 *
 * @throws UnresolvedReference
 */
export function resolveArgs(
  args: Readonly<Record<string, StepArg>>,
  results: ReadonlyMap<StepId, ToolResult>,
): JsonObject {
  return Object.fromEntries(
    Object.entries(args).map(([name, arg]) => [name, resolveArg(arg, results)]),
  );
}

/** As `resolveArgs`, for one. @throws UnresolvedReference */
export function resolveArg(arg: StepArg, results: ReadonlyMap<StepId, ToolResult>): JsonValue {
  switch (arg.kind) {
    case 'literal':
      return arg.value;
    case 'output':
      return resolveReference(arg, results);
    case 'list':
      return arg.items.map((item) => resolveArg(item, results));
    case 'object':
      return resolveArgs(arg.fields, results);
    case 'template':
      return resolveTemplate(arg.parts, results);
  }
}

function resolveTemplate(
  parts: readonly (string | OutputRef)[],
  results: ReadonlyMap<StepId, ToolResult>,
): JsonValue {
  const filled = parts.map((part) =>
    typeof part === 'string' ? part : resolveReference(part, results),
  );
  if (!filled.some(isArtifactValue)) return filled.map(asText).join('');
  const text: ArtifactText = {
    $concat: filled.map((part) => (isArtifactValue(part) ? part : asText(part))),
  };
  return text as unknown as JsonObject;
}

function resolveReference(
  reference: OutputRef,
  results: ReadonlyMap<StepId, ToolResult>,
): JsonValue {
  const result = results.get(reference.step);
  if (result === undefined) {
    throw new UnresolvedReference(`\${${reference.step}} refers to a step that has no result.`);
  }
  if (result.artifact !== null) {
    const held: ArtifactValue = { $artifact: result.artifact.artifactId, path: reference.path };
    return held as unknown as JsonObject;
  }
  return lookUp(reference, result);
}

/** Follows a reference into a whole result. @throws UnresolvedReference */
export function lookUp(
  reference: Pick<OutputRef, 'step' | 'path'>,
  result: Pick<ToolResult, 'content' | 'structured'>,
): JsonValue {
  const whole: ToolResult = { ...result, isError: false, artifact: null };
  if (reference.path === '$text') return resultText(whole);
  const value = resultValue(whole);
  const found = valueAt(value, reference.path);
  if (found.found) return found.value;
  const held = valueAt(value, found.at);
  if (held.found && isArtifactValue(held.value)) {
    const rest = parsePath(reference.path)?.slice(parsePath(found.at)?.length ?? 0) ?? [];
    return { ...held.value, path: writePath(held.value.path, rest) };
  }
  const at = found.at === '' ? 'the result' : `"${found.at}"`;
  const there = found.keys.length === 0 ? 'no fields' : found.keys.join(', ');
  throw new UnresolvedReference(
    `\${${reference.step}.${reference.path}} does not exist: ${at} of step "${reference.step}" has ${there}.`,
  );
}

export function isArtifactValue(
  value: JsonValue | ArtifactValue,
): value is ArtifactValue & JsonObject {
  return typeof value === 'object' && value !== null && '$artifact' in value;
}

export function asText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
