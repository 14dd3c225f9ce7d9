import type { JsonObject, JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';

/** How much of a schema is shown. */
export interface SchemaDetail {
  /** Longest prose of one keyword, characters; 0: it is left out. */
  readonly prose: number;
  /** A schema that is still longer than this is shown less deep. */
  readonly chars: number;
  /** Levels that are shown, from the most to the least. */
  readonly depths: readonly number[];
}

/** For whoever asked for this one tool. */
export const WHOLE: SchemaDetail = { prose: 4_000, chars: 20_000, depths: [12, 6, 4, 2] };
/** Enough to write most calls. */
export const BRIEF: SchemaDetail = { prose: 80, chars: 4_000, depths: [6, 4, 2, 1] };
/** Names and types: enough to choose by. */
export const OUTLINE: SchemaDetail = { prose: 0, chars: 1_000, depths: [4, 2, 1] };

export interface SlimSchema {
  readonly schema: JsonObject;
  /** Something was cut or left open that may help to write a call. */
  readonly isCut: boolean;
}

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
export function slimSchema(schema: JsonObject, detail: SchemaDetail): SlimSchema {
  for (const depth of detail.depths) {
    const slimming: Slimming = { prose: detail.prose, isCut: false };
    const slimmed = slim(slimming, schema, depth);
    if (JSON.stringify(slimmed).length <= detail.chars) {
      return { schema: slimmed, isCut: slimming.isCut };
    }
  }
  return { schema: { type: 'object' }, isCut: true };
}

interface Slimming {
  readonly prose: number;
  isCut: boolean;
}

/** @param depth levels that are still shown */
function slim(slimming: Slimming, schema: JsonObject, depth: number): JsonObject {
  if (depth < 0) {
    slimming.isCut ||= Object.keys(schema).length > 0;
    return {};
  }
  const kept = Object.entries(schema).flatMap(([key, value]): [string, JsonValue][] => {
    if (LEFT_OUT.has(key)) return [];
    // Models write no key that is not listed; saying so on each level costs more than it helps.
    if (key === 'additionalProperties' && typeof value === 'boolean') return [];
    const slimmed = slimKeyword(slimming, key, value, depth);
    return slimmed === null ? [] : [[key, slimmed.value]];
  });
  return Object.fromEntries(kept);
}

/** `null`: it is left out. */
function slimKeyword(
  slimming: Slimming,
  key: string,
  value: JsonValue,
  depth: number,
): { readonly value: JsonValue } | null {
  if (DATA.has(key)) return { value };
  if (key === 'enum' && Array.isArray(value)) {
    slimming.isCut ||= value.length > MAX_CHOICES;
    return { value: value.slice(0, MAX_CHOICES) };
  }
  if (key === 'description' && typeof value === 'string') {
    const shown = slimming.prose === 0 ? '' : cutText(value, slimming.prose);
    slimming.isCut ||= shown !== cutText(value, Infinity);
    return shown === '' ? null : { value: shown };
  }
  if (NAMED.has(key) && isJsonObject(value)) {
    const named = Object.entries(value).map(([name, held]) => [
      name,
      slimValue(slimming, held, depth - 1),
    ]);
    return { value: Object.fromEntries(named) as JsonObject };
  }
  return { value: slimValue(slimming, value, depth - 1) };
}

function slimValue(slimming: Slimming, value: JsonValue, depth: number): JsonValue {
  if (Array.isArray(value)) return value.map((item) => slimValue(slimming, item, depth));
  return isJsonObject(value) ? slim(slimming, value, depth) : value;
}

/** One line of at most `max` characters. */
export function cutText(text: string, max: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}
