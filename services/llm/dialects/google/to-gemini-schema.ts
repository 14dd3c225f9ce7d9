import { isJsonObject } from '../../../../common/json.ts';
import type { JsonObject, JsonValue } from '../../../../common/json.ts';
import { inlineSchema, joinSchemas } from './inline-schema.ts';
import { geminiTypes } from './gemini-types.ts';
import { schemaNotes } from './schema-notes.ts';

type Writable = Record<string, JsonValue>;

const COPIED = ['title', 'minItems', 'maxItems', 'minimum', 'maximum'] as const;
const FORMATS = new Set(['date-time', 'date', 'time', 'int32', 'int64', 'float', 'double']);
const MAX_DEPTH = 12;
/** Definitions that use each other can unfold without end; what is over this becomes "an object". */
const MAX_NODES = 2000;

/**
 * Rewrites a tool's JSON Schema into the part of JSON Schema that Gemini takes; it refuses a whole
 * request for one keyword it does not know. What has no place there is told to the model in the
 * description: nothing that narrows an argument is lost silently, and the tool's own schema still
 * checks the arguments afterwards.
 */
export function toGeminiSchema(schema: JsonObject): JsonObject {
  const nodes = { left: MAX_NODES };
  const converted = convert(schema, { root: schema, through: [], depth: 0, nodes });
  const { anyOf: _, ...rest } = converted;
  return { ...rest, type: 'object', properties: converted['properties'] ?? {} };
}

interface Place {
  readonly root: JsonObject;
  /** References followed on the way here: one of them again is a cycle. */
  readonly through: readonly string[];
  readonly depth: number;
  /** Shared by the whole conversion. */
  readonly nodes: { left: number };
}

function convert(written: JsonValue | undefined, place: Place): JsonObject {
  if (!isJsonObject(written)) return {};
  const { schema, through, cut } = inlineSchema(written, place.root, place.through);
  place.nodes.left -= 1;
  if (cut !== null || place.depth > MAX_DEPTH || place.nodes.left < 0) {
    return { type: 'object', description: `Has the form of ${cut ?? 'an object'}.` };
  }
  const inner: Place = { ...place, through, depth: place.depth + 1 };
  const { branches, nullable } = branchesOf(schema);
  const [only] = branches;
  if (only !== undefined && branches.length === 1) {
    const { anyOf: _, oneOf: __, ...rest } = schema;
    const converted = convert(joinSchemas(only, rest), inner);
    return nullable ? orNull(converted) : converted;
  }
  const result: Writable = {};
  for (const key of COPIED) if (schema[key] !== undefined) result[key] = schema[key];
  const format = schema['format'];
  if (typeof format === 'string' && FORMATS.has(format)) result['format'] = format;
  const { types, values, unknown } = geminiTypes(schema);
  const [type] = types;
  if (type !== undefined) result['type'] = types.length === 1 ? type : [...types];
  if (values !== null) result['enum'] = values;
  if (branches.length > 1) result['anyOf'] = branches.map((branch) => convert(branch, inner));
  addStructure(result, schema, types, inner);
  describe(result, schema, unknown);
  return nullable ? orNull(result) : result;
}

/** `oneOf` is read as `anyOf` there; a branch that only says null makes the rest nullable. */
function branchesOf(schema: JsonObject): { branches: JsonObject[]; nullable: boolean } {
  const written = [schema['anyOf'], schema['oneOf']].flatMap((value) =>
    Array.isArray(value) ? (value as JsonValue[]).filter(isJsonObject) : [],
  );
  const branches = written.filter(({ type, const: only }) => type !== 'null' && only !== null);
  return { branches, nullable: branches.length < written.length };
}

function orNull(schema: JsonObject): JsonObject {
  const { type, anyOf } = schema;
  if (Array.isArray(anyOf))
    return { ...schema, anyOf: [...(anyOf as JsonValue[]), { type: 'null' }] };
  if (type === undefined) return { ...schema, type: 'null' };
  return { ...schema, type: [...new Set([type, 'null'].flat() as JsonValue[])] };
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

function describe(result: Writable, schema: JsonObject, unknownType: string | null): void {
  const description = schema['description'];
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
