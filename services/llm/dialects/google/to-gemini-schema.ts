import { isJsonObject } from '../../../../common/json.ts';
import type { JsonObject, JsonValue } from '../../../../common/json.ts';
import { inlineSchema } from './inline-schema.ts';
import { geminiTypes } from './gemini-types.ts';
import { schemaNotes } from './schema-notes.ts';

type Writable = Record<string, JsonValue>;

const COPIED = ['title', 'minItems', 'maxItems', 'minimum', 'maximum'] as const;
const FORMATS = new Set(['date-time', 'date', 'time', 'int32', 'int64', 'float', 'double']);
const MAX_DEPTH = 12;

/**
 * Rewrites a tool's JSON Schema into the part of JSON Schema that Gemini takes; it refuses a whole
 * request for one keyword it does not know. What has no place there is told to the model in the
 * description: nothing that narrows an argument is lost silently, and the tool's own schema still
 * checks the arguments afterwards.
 */
export function toGeminiSchema(schema: JsonObject): JsonObject {
  const converted = convert(schema, { root: schema, through: [], depth: 0 });
  const properties = converted['properties'] ?? {};
  return { ...converted, type: 'object', properties };
}

interface Place {
  readonly root: JsonObject;
  /** References followed on the way here: one of them again is a cycle. */
  readonly through: readonly string[];
  readonly depth: number;
}

function convert(written: JsonValue | undefined, place: Place): JsonObject {
  if (!isJsonObject(written)) return {};
  const { schema, through, cut } = inlineSchema(written, place.root, place.through);
  if (cut !== null || place.depth > MAX_DEPTH) {
    return { type: 'object', description: `Has the form of ${cut ?? 'an object'}.` };
  }
  const inner: Place = { root: place.root, through, depth: place.depth + 1 };
  const result: Writable = {};
  for (const key of COPIED) if (schema[key] !== undefined) result[key] = schema[key];
  const format = schema['format'];
  if (typeof format === 'string' && FORMATS.has(format)) result['format'] = format;

  const { types, values, unknown } = geminiTypes(schema);
  const branches = branchesOf(schema, inner);
  const nullable = types.includes('null') || branches.nullable;
  const only = branches.list.length === 1 ? branches.list[0] : undefined;
  if (only !== undefined) Object.assign(result, only);
  else if (branches.list.length > 1) result['anyOf'] = branches.list;
  const own = types.filter((type) => type !== 'null');
  if (own.length > 0 || only?.['type'] !== undefined) {
    result['type'] = withNull(own.length > 0 ? own : [only?.['type'] as string].flat(), nullable);
  } else if (nullable && branches.list.length > 1) {
    result['anyOf'] = [...branches.list, { type: 'null' }];
  }
  if (values !== null) result['enum'] = values;
  addStructure(result, schema, own, inner);
  describe(result, schema, unknown, only);
  return result;
}

function withNull(types: readonly string[], nullable: boolean): JsonValue {
  const all = nullable ? [...new Set([...types, 'null'])] : types;
  const [only] = all;
  return all.length === 1 && only !== undefined ? only : [...all];
}

/** `oneOf` is read as `anyOf` there; a branch that only says null becomes part of the type. */
function branchesOf(schema: JsonObject, place: Place): { list: JsonObject[]; nullable: boolean } {
  const written = [schema['anyOf'], schema['oneOf']].flatMap((value) =>
    Array.isArray(value) ? (value as JsonValue[]) : [],
  );
  const converted = written.map((branch) => convert(branch, place));
  const list = converted.filter((branch) => branch['type'] !== 'null');
  return { list, nullable: list.length < converted.length };
}

function addStructure(
  result: Writable,
  schema: JsonObject,
  types: readonly string[],
  place: Place,
): void {
  const { properties, items, required, additionalProperties } = schema;
  if (isJsonObject(properties)) {
    result['properties'] = mapValues(properties, (property) => convert(property, place));
    result['type'] ??= 'object';
  }
  const known = result['properties'];
  if (Array.isArray(required) && isJsonObject(known)) {
    const names = (required as JsonValue[]).filter((name) => String(name) in known);
    if (names.length > 0) result['required'] = names;
  }
  if (typeof additionalProperties === 'boolean')
    result['additionalProperties'] = additionalProperties;
  if (isJsonObject(additionalProperties)) {
    result['additionalProperties'] = convert(additionalProperties, place);
  }
  const tuple = schema['prefixItems'] ?? (Array.isArray(items) ? items : undefined);
  if (Array.isArray(tuple)) {
    result['prefixItems'] = (tuple as JsonValue[]).map((item) => convert(item, place));
  }
  if (isJsonObject(items)) result['items'] = convert(items, place);
  // An array must say what it holds.
  if (types.includes('array') && result['prefixItems'] === undefined) result['items'] ??= {};
}

function describe(
  result: Writable,
  schema: JsonObject,
  unknownType: string | null,
  only: JsonObject | undefined,
): void {
  const description = schema['description'] ?? only?.['description'];
  const lines = [
    typeof description === 'string' ? description.trim() : '',
    ...(unknownType === null ? [] : [`Type: ${unknownType}.`]),
    ...schemaNotes(schema, FORMATS),
  ].filter((line) => line !== '');
  if (lines.length > 0) result['description'] = lines.join(' ');
}

function mapValues(object: JsonObject, map: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
