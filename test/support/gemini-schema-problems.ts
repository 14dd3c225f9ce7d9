import type { JsonValue } from '../../common/json.ts';

/** What Gemini documents for JSON Schemas of functions; one other keyword and it refuses the request. */
const KEYWORDS = new Set([
  ...['type', 'format', 'title', 'description', 'enum', 'items', 'prefixItems', 'minItems'],
  ...['maxItems', 'minimum', 'maximum', 'anyOf', 'properties', 'additionalProperties', 'required'],
]);
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']);

type Loose = { readonly [key: string]: JsonValue };

/** Everything in a schema that Gemini would refuse, with its path; empty when it takes it. */
export function geminiSchemaProblems(schema: JsonValue, path = '$'): string[] {
  if (typeof schema === 'boolean') return [];
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    return [`${path} is not a schema`];
  }
  const { properties, required, items, prefixItems, anyOf, additionalProperties } = schema as Loose;
  const problems = Object.keys(schema)
    .filter((key) => !KEYWORDS.has(key))
    .map((key) => `${path}: unknown name "${key}"`);
  const types = [(schema as Loose)['type'] ?? []].flat() as JsonValue[];
  for (const type of types)
    if (!TYPES.has(String(type))) problems.push(`${path}: type ${String(type)}`);
  if (types.includes('array') && items === undefined && prefixItems === undefined) {
    problems.push(`${path}: array without items`);
  }
  for (const value of ((schema as Loose)['enum'] ?? []) as JsonValue[]) {
    if (typeof value !== 'string' && typeof value !== 'number') problems.push(`${path}: enum`);
  }
  const names = Object.keys((properties ?? {}) as Loose);
  for (const name of (required ?? []) as string[]) {
    if (!names.includes(name)) problems.push(`${path}: required ${name} is no property`);
  }
  const inner: [string, JsonValue][] = [
    ...Object.entries((properties ?? {}) as Loose),
    ...((anyOf ?? []) as JsonValue[]).map((each, n): [string, JsonValue] => [`anyOf[${n}]`, each]),
    ...((prefixItems ?? []) as JsonValue[]).map((each, n): [string, JsonValue] => [`${n}`, each]),
    ...(items === undefined ? [] : [['items', items] as [string, JsonValue]]),
    ...(additionalProperties === undefined
      ? []
      : [['additionalProperties', additionalProperties] as [string, JsonValue]]),
  ];
  return [
    ...problems,
    ...inner.flatMap(([key, each]) => geminiSchemaProblems(each, `${path}.${key}`)),
  ];
}
