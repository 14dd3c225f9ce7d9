import type { JsonObject, JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';

/** They say nothing about what is valid. */
const REMARKS = ['title', 'description', 'default', 'examples', '$schema', '$comment'];
const NOTES = ['deprecated', 'readOnly', 'writeOnly'];
/** Each is one comparison, or one look at each part of the value: nothing here can take long. */
const RULES = ['type', 'enum', 'const', 'properties', 'required', 'additionalProperties', 'items'];
const LIMITS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'];
const KNOWN: ReadonlySet<string> = new Set([...REMARKS, ...NOTES, ...RULES, ...LIMITS]);

/**
 * Whether a value certainly fits a schema that uses nothing but plain keywords. `false` says only
 * that this is for the validator to judge. Takes time in proportion to the parts of the value times
 * the fields of the schema; no pattern, reference or choice is ever followed.
 *
 * @param schema one that the validator has used before: what is wrong in it is not seen here.
 */
export function fitsPlainly(schema: JsonValue, value: JsonValue): boolean {
  if (schema === true) return true;
  if (!isJsonObject(schema)) return false;
  for (const keyword of Object.keys(schema)) if (!KNOWN.has(keyword)) return false;
  if (!isOneOf(schema, value) || !hasType(schema['type'], value)) return false;
  if (typeof value === 'number') return isWithin(schema, value, 'minimum', 'maximum');
  // A pair of surrogates is one character of a text, so the count is of characters.
  if (typeof value === 'string')
    return isWithin(schema, lengthOf(schema, value), 'minLength', 'maxLength');
  if (Array.isArray(value)) {
    const { items = true } = schema;
    if (!isWithin(schema, value.length, 'minItems', 'maxItems')) return false;
    return value.every((item) => fitsPlainly(items, item as JsonValue));
  }
  return isJsonObject(value) ? hasFields(schema, value) : true;
}

function isOneOf(schema: JsonObject, value: JsonValue): boolean {
  const values = schema['enum'];
  const isSimple = typeof value !== 'object' || value === null;
  if ('const' in schema && !(isSimple && schema['const'] === value)) return false;
  return values === undefined || (isSimple && Array.isArray(values) && values.includes(value));
}

function hasType(type: JsonValue | undefined, value: JsonValue): boolean {
  if (type === undefined) return true;
  if (Array.isArray(type)) return type.some((each) => isType(each as JsonValue, value));
  return isType(type, value);
}

function isType(type: JsonValue, value: JsonValue): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isJsonObject(value);
  return type === typeof value && type !== 'undefined';
}

function isWithin(schema: JsonObject, amount: number, least: string, most: string): boolean {
  const [min = -Infinity, max = Infinity] = [schema[least], schema[most]];
  return typeof min === 'number' && typeof max === 'number' && min <= amount && amount <= max;
}

function lengthOf(schema: JsonObject, text: string): number {
  return 'minLength' in schema || 'maxLength' in schema ? [...text].length : 0;
}

function hasFields(schema: JsonObject, value: JsonObject): boolean {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  if (!isJsonObject(properties) || !Array.isArray(required)) return false;
  if (!required.every((name) => typeof name === 'string' && Object.hasOwn(value, name)))
    return false;
  return Object.keys(value).every((name) => {
    const field = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return fitsPlainly(field as JsonValue, value[name] as JsonValue);
  });
}
