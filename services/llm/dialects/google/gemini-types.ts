import type { JsonObject, JsonValue } from '../../../../common/json.ts';

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']);
/** What servers written in other languages call the same thing. */
const ALIASES: Readonly<Record<string, string>> = {
  str: 'string',
  int: 'integer',
  float: 'number',
  double: 'number',
  bool: 'boolean',
  list: 'array',
  tuple: 'array',
  dict: 'object',
  map: 'object',
  none: 'null',
};

export interface GeminiTypes {
  readonly types: readonly string[];
  /** Allowed values, where all can be said: Gemini takes text and numbers only. */
  readonly values: readonly JsonValue[] | null;
  /** A type that is none; it goes into the description. */
  readonly unknown: string | null;
}

/** Reads `type`, `enum` and `const` together: a null among the values makes the type nullable. */
export function geminiTypes(schema: JsonObject): GeminiTypes {
  const written = [schema['type'] ?? []].flat() as JsonValue[];
  const named = written.map((type) => ALIASES[String(type).toLowerCase()] ?? String(type));
  const types = named.filter((type) => TYPES.has(type));
  const unknown = named.find((type) => !TYPES.has(type)) ?? null;
  const listed = schema['enum'];
  const all = Array.isArray(listed)
    ? (listed as JsonValue[])
    : schema['const'] === undefined
      ? null
      : [schema['const']];
  if (all === null) return { types, values: null, unknown };
  const values = all.filter((value) => value !== null);
  const sayable = values.every((value) => typeof value === 'string' || typeof value === 'number');
  const implied = types.length === 0 ? [...new Set(values.map(typeOf))] : types;
  const withNull = all.length > values.length ? [...new Set([...implied, 'null'])] : implied;
  return { types: withNull, values: sayable && values.length > 0 ? values : null, unknown };
}

function typeOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  return typeof value;
}
