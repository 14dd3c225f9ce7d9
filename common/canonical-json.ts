import type { JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';

/**
 * JSON text that is equal for equal values: keys sorted, no white space. Fingerprints and cache
 * keys are hashes of it.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .sort()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as JsonValue)}`);
  return `{${fields.join(',')}}`;
}
