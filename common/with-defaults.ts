import type { JsonObject, JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';

/** The values with what the schema gives for those that are left out (SEP-1034). */
export function withDefaults(schema: JsonObject, values: JsonObject): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const missing = Object.entries(properties).flatMap(([name, property]) => {
    if (Object.hasOwn(values, name) || !isJsonObject(property)) return [];
    const value = property['default'];
    return value === undefined ? [] : [[name, value] as [string, JsonValue]];
  });
  return missing.length === 0 ? values : { ...Object.fromEntries(missing), ...values };
}
