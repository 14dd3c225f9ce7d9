import type { JsonObject, JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';

const MAX_DESCRIPTION = 200;
/** A schema that is still longer than this is shown less deep. */
const MAX_CHARS = 20_000;
const DEPTHS = [12, 6, 4, 2];
const MAX_CHOICES = 50;
/** Say nothing that changes how a call is written. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'examples',
  'readOnly',
  'writeOnly',
  'deprecated',
]);
/** Their keys are names that people chose, not keywords. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  '$defs',
  'definitions',
  'patternProperties',
]);
/** Values to compare with, which must stay as they are. */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'required']);

/**
 * A tool's schema as models see it: types, names and choices stay, prose is cut, and of a schema that
 * is too long the inside is left open. Arguments are checked against the whole one.
 */
export function slimSchema(schema: JsonObject): JsonObject {
  for (const depth of DEPTHS) {
    const slimmed = slim(schema, depth);
    if (JSON.stringify(slimmed).length <= MAX_CHARS) return slimmed;
  }
  return { type: 'object' };
}

/** @param depth levels that are still shown */
function slim(schema: JsonObject, depth: number): JsonObject {
  if (depth < 0) return {};
  const kept = Object.entries(schema).flatMap(([key, value]): [string, JsonValue][] => {
    if (LEFT_OUT.has(key)) return [];
    // Models write no key that is not listed; saying so on each level costs more than it helps.
    if (key === 'additionalProperties' && typeof value === 'boolean') return [];
    return [[key, slimKeyword(key, value, depth)]];
  });
  return Object.fromEntries(kept);
}

function slimKeyword(key: string, value: JsonValue, depth: number): JsonValue {
  if (DATA.has(key)) return value;
  if (key === 'enum' && Array.isArray(value)) return value.slice(0, MAX_CHOICES);
  if (key === 'description' && typeof value === 'string') return cutText(value, MAX_DESCRIPTION);
  if (NAMED.has(key) && isJsonObject(value)) {
    const named = Object.entries(value).map(([name, held]) => [name, slimValue(held, depth - 1)]);
    return Object.fromEntries(named) as JsonObject;
  }
  return slimValue(value, depth - 1);
}

function slimValue(value: JsonValue, depth: number): JsonValue {
  if (Array.isArray(value)) return value.map((item) => slimValue(item, depth));
  return isJsonObject(value) ? slim(value, depth) : value;
}

/** One line of at most `max` characters. */
export function cutText(text: string, max: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}
