import type { JsonObject, JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';

export type SchemaLookup =
  | { readonly kind: 'schema'; readonly schema: JsonObject }
  /** The schema says nothing about this place. */
  | { readonly kind: 'open' }
  /** The schema rules this place out. `fields` is what it has instead, `at` the path that exists. */
  | { readonly kind: 'absent'; readonly at: string; readonly fields: readonly string[] };

const MAX_REFERENCES = 16;
const SCALARS = new Set(['string', 'number', 'integer', 'boolean', 'null']);

/** Follows local `$ref`s (`#/…`) of `schema` inside `root`; anything else stays as it is. */
export function resolveSchema(root: JsonObject, schema: JsonValue | undefined): JsonObject {
  let at = schema;
  for (let hops = 0; hops < MAX_REFERENCES; hops += 1) {
    if (!isJsonObject(at)) return {};
    if (typeof at['$ref'] !== 'string' || !at['$ref'].startsWith('#')) return at;
    let target: JsonValue | undefined = root;
    for (const key of at['$ref'].slice(1).split('/').slice(1)) {
      const name = decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~');
      target = isJsonObject(target) ? target[name] : undefined;
    }
    at = target;
  }
  return {};
}

/** What `root` says about the value under `keys`. */
export function schemaAt(root: JsonObject, keys: readonly string[]): SchemaLookup {
  let schema = resolveSchema(root, root);
  for (const [index, key] of keys.entries()) {
    if ('anyOf' in schema || 'oneOf' in schema || 'allOf' in schema) return { kind: 'open' };
    const absent = { kind: 'absent', at: keys.slice(0, index).join('.') } as const;
    const properties = propertiesOf(schema);
    const types = typesOf(root, schema);
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property !== undefined) {
      schema = resolveSchema(root, property);
    } else if (types !== null && [...types].every((type) => SCALARS.has(type))) {
      return { ...absent, fields: [] };
    } else if (types !== null && types.size === 1 && types.has('array')) {
      if (!/^\d+$/.test(key)) return { ...absent, fields: ['[0]'] };
      schema = resolveSchema(root, schema['items']);
    } else if (schema['additionalProperties'] === false && !('patternProperties' in schema)) {
      return { ...absent, fields: Object.keys(properties) };
    } else if (isJsonObject(schema['additionalProperties'])) {
      schema = resolveSchema(root, schema['additionalProperties']);
    } else {
      return { kind: 'open' };
    }
  }
  return { kind: 'schema', schema };
}

/** JSON types that a value may have, or `null` where the schema does not say. */
export function typesOf(
  root: JsonObject,
  schema: JsonValue | undefined,
): ReadonlySet<string> | null {
  const at = resolveSchema(root, schema);
  const type = at['type'];
  if (typeof type === 'string') return new Set([type]);
  if (Array.isArray(type)) return new Set(type.filter((each) => typeof each === 'string'));
  if ('const' in at) return new Set([jsonType(at['const'] ?? null)]);
  if (Array.isArray(at['enum'])) return new Set(at['enum'].map(jsonType));
  const choices = at['anyOf'] ?? at['oneOf'];
  if (Array.isArray(choices)) {
    const each = choices.map((choice: JsonValue) => typesOf(root, choice));
    return each.every((types) => types !== null)
      ? new Set(each.flatMap((types) => [...types]))
      : null;
  }
  return isJsonObject(at['properties']) ? new Set(['object']) : null;
}

/** Whether a value of one of the `given` types can be one of the `wanted`. */
export function typesMeet(given: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  const plain = (type: string) => (type === 'integer' ? 'number' : type);
  const accepted = new Set([...wanted].map(plain));
  return [...given].some((type) => accepted.has(plain(type)));
}

export function propertiesOf(schema: JsonObject): JsonObject {
  return isJsonObject(schema['properties']) ? schema['properties'] : {};
}

export function requiredOf(schema: JsonObject): readonly string[] {
  const required = schema['required'];
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

function jsonType(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
