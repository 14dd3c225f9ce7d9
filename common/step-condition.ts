import { canonicalJson } from './canonical-json.ts';
import type { JsonValue } from './json.ts';
import type { StepCondition, StepId } from './plan.ts';
import { asText, isArtifactValue, resolveArg, UnresolvedReference } from './resolve-args.ts';
import type { ToolResult } from './tool.ts';

/**
 * Whether a step's condition holds. A value that is not there fails every comparison but
 * `exists: false`.
 *
 * @throws UnresolvedReference where the value cannot be compared: it says what is there.
 */
export function conditionHolds(
  condition: StepCondition,
  results: ReadonlyMap<StepId, ToolResult>,
): boolean {
  const value = valueOf(condition, results);
  if (condition.exists !== undefined) return (value !== undefined) === condition.exists;
  if (value === undefined) return false;
  if (condition.equals !== undefined) return same(value, condition.equals);
  if (condition.notEquals !== undefined) return !same(value, condition.notEquals);
  if (condition.above !== undefined) return numberOf(value) > condition.above;
  if (condition.below !== undefined) return numberOf(value) < condition.below;
  return value !== false && value !== null && value !== 0 && value !== '';
}

/** The condition in words, for who asks why a step was skipped. */
export function describeCondition(condition: StepCondition): string {
  const { equals, notEquals, above, below, exists } = condition;
  if (exists !== undefined) return exists ? 'the value exists' : 'the value does not exist';
  if (equals !== undefined) return `the value is ${JSON.stringify(equals)}`;
  if (notEquals !== undefined) return `the value is not ${JSON.stringify(notEquals)}`;
  if (above !== undefined) return `the value is above ${above}`;
  if (below !== undefined) return `the value is below ${below}`;
  return 'the value is true';
}

function valueOf(
  { value: written }: StepCondition,
  results: ReadonlyMap<StepId, ToolResult>,
): JsonValue | undefined {
  try {
    const value = resolveArg(written, results);
    if (!isArtifactValue(value)) return value;
  } catch (error) {
    if (error instanceof UnresolvedReference) return undefined;
    throw error;
  }
  throw new UnresolvedReference(
    'The condition is about a value in an answer of more than 32 KiB, which a run does not hold. Have a tool take the value out first.',
  );
}

function same(a: JsonValue, b: JsonValue): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function numberOf(value: JsonValue): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && !Number.isNaN(number)) return number;
  throw new UnresolvedReference(
    `The condition compares ${asText(value).slice(0, 80)} with a number, and it is none.`,
  );
}
