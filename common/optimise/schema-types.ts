import type { JsonObject, JsonValue } from '../json.ts';
import { isJsonObject } from '../json.ts';

/** The schema of a field; `null`: nothing is said of it. */
export function schemaAt(schema: JsonObject | null, field: string): JsonObject | null {
  const properties = schema?.['properties'];
  if (!isJsonObject(properties) || !Object.hasOwn(properties, field)) return null;
  const found = properties[field];
  return isJsonObject(found) ? found : null;
}

/** The JSON types that a schema admits, `integer` as `number`; `null`: any. */
export function typesOf(schema: JsonObject | null): ReadonlySet<string> | null {
  const type: JsonValue | undefined = schema?.['type'];
  const names = Array.isArray(type) ? type : [type];
  const known = names.filter((name) => typeof name === 'string');
  if (known.length === 0) return null;
  return new Set(known.map((name) => (name === 'integer' ? 'number' : name)));
}

/** Whether a value of the one may be one of the other; what is not said admits any. */
export function sharesType(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): boolean {
  return a === null || b === null || [...a].some((type) => b.has(type));
}
