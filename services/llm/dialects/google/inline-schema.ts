import { isJsonObject } from '../../../../common/json.ts';
import type { JsonObject, JsonValue } from '../../../../common/json.ts';

const MAX_REFERENCES = 24;

export interface InlinedSchema {
  readonly schema: JsonObject;
  readonly through: readonly string[];
  /** Name of the definition where a cycle, or a chain that is too long, was cut. */
  readonly cut: string | null;
}

/** Puts in what `$ref` points at, and joins `allOf` into one schema. */
export function inlineSchema(
  written: JsonObject,
  root: JsonObject,
  through: readonly string[],
): InlinedSchema {
  let schema = written;
  let path = through;
  while (typeof schema['$ref'] === 'string') {
    const { $ref: reference, ...rest } = schema as JsonObject & { $ref: string };
    if (path.includes(reference) || path.length >= MAX_REFERENCES) {
      return { schema: {}, through: path, cut: reference.split('/').at(-1) ?? reference };
    }
    path = [...path, reference];
    const target = lookUp(root, reference);
    schema = { ...(isJsonObject(target) ? target : {}), ...rest };
  }
  const parts = schema['allOf'];
  if (!Array.isArray(parts)) return { schema, through: path, cut: null };
  const { allOf: _, ...base } = schema;
  let joined: JsonObject = base;
  for (const part of parts as JsonValue[]) {
    if (!isJsonObject(part)) continue;
    const inlined = inlineSchema(part, root, path);
    path = [...new Set([...path, ...inlined.through])];
    joined = joinSchemas(inlined.schema, joined);
  }
  return { schema: joined, through: path, cut: null };
}

/** `over` wins, except that properties and required names of both count. */
export function joinSchemas(under: JsonObject, over: JsonObject): JsonObject {
  const result: Record<string, JsonValue> = { ...under, ...over };
  const properties = [under['properties'], over['properties']].filter(isJsonObject);
  if (properties.length > 0) {
    result['properties'] = Object.assign({}, ...properties) as JsonObject;
  }
  const required = [under['required'], over['required']].flatMap((names) =>
    Array.isArray(names) ? (names as JsonValue[]) : [],
  );
  if (required.length > 0) result['required'] = [...new Set(required)];
  return result;
}

/** A JSON pointer into the same document; anything else is not followed. */
function lookUp(root: JsonObject, reference: string): JsonValue | undefined {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let value: JsonValue | undefined = root;
  for (const part of reference.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isJsonObject(value)) return undefined;
    value = value[key];
  }
  return value;
}
