import type { JsonObject, JsonValue } from '../../../../common/json.ts';
import { isJsonObject } from '../../../../common/json.ts';
import { propertiesOf, requiredOf, resolveSchema, typesOf } from '../../schema-walk.ts';
import { chosenValue } from './chosen-value.ts';
import type { ClausePool } from './clause-pool.ts';
import { literalText } from './clause-pool.ts';
import { labelledValue } from './labelled-value.ts';
import type { Literal } from '../goal/literals.ts';
import { labelledList, listValue } from './list-value.ts';
import { mentionedValue } from './mentioned-value.ts';
import { typedNumber } from './number-values.ts';
import type { Property } from './property.ts';
import { isNumber, isText } from './property.ts';
import { roleOf } from './property-role.ts';
import { kindsFor, typedText } from './text-values.ts';
import { trailingText } from './trailing-text.ts';
import { allWords } from '../goal/words.ts';

export interface FilledArguments {
  /** As in a written plan. */
  readonly args: JsonObject;
  readonly missing: readonly Property[];
}

/** One way of finding a value. The order of the list is the order of trust. */
interface Source {
  /** Also for parameters that may be left out: only where the clause plainly means them. */
  readonly optional: boolean;
  readonly find: (property: Property, pool: ClausePool, root: JsonObject) => JsonValue | undefined;
}

const MAX_DEPTH = 4;

const SOURCES: readonly Source[] = [
  { optional: true, find: labelledValue },
  { optional: true, find: labelledList },
  { optional: true, find: chosenValue },
  { optional: true, find: typedValue },
  { optional: false, find: structuredValue },
  { optional: false, find: quotedOrNumber },
  { optional: false, find: mentionedValue },
  {
    optional: false,
    find: (property, pool) => (isText(property) ? trailingText(property, pool) : undefined),
  },
  {
    optional: false,
    find: ({ schema }) => schema['default'] ?? schema['const'] ?? onlyChoice(schema),
  },
];

/** Fills a tool's parameters from what a clause offers. What cannot be filled is named, not guessed. */
export function fillArguments(inputSchema: JsonObject, pool: ClausePool): FilledArguments {
  const whole = wholeJson(inputSchema, pool);
  if (whole !== null) return { args: whole, missing: [] };
  return fillObject(
    { root: inputSchema, schema: inputSchema, path: '', owner: null, depth: 0 },
    pool,
  );
}

interface Place {
  readonly root: JsonObject;
  readonly schema: JsonObject;
  readonly path: string;
  readonly owner: string | null;
  readonly depth: number;
}

function fillObject(place: Place, pool: ClausePool): FilledArguments {
  const properties = listProperties(place);
  const args = new Map<string, JsonValue>();
  const missing: Property[] = [];
  for (const { optional, find } of SOURCES) {
    for (const property of properties) {
      if (args.has(property.name) || (!optional && !property.required)) continue;
      const value = find(property, pool, place.root);
      if (value !== undefined) args.set(property.name, value);
    }
    if (find !== structuredValue) continue;
    for (const property of properties) fillNested(place, property, pool, args, missing);
  }
  const named = new Set(missing.map(({ path }) => path.split(/[.[]/)[0]));
  for (const property of properties) {
    if (property.required && !args.has(property.name) && !named.has(property.name))
      missing.push(property);
  }
  return {
    args: Object.fromEntries(
      properties.flatMap(({ name }) => {
        const value = args.get(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    missing,
  };
}

/** Objects, and lists of one object, are filled from the same clause. */
function fillNested(
  place: Place,
  property: Property,
  pool: ClausePool,
  args: Map<string, JsonValue>,
  missing: Property[],
): void {
  const { name, schema, types, required } = property;
  if (!required || args.has(name) || place.depth >= MAX_DEPTH) return;
  const isList = types?.has('array') === true;
  const inner = isList ? resolveSchema(place.root, schema['items']) : schema;
  if (typesOf(place.root, inner)?.has('object') !== true) return;
  if (Object.keys(propertiesOf(inner)).length === 0) return;
  const owner = allWords(name).join(' ').replace(/ies$/, 'y').replace(/s$/, '');
  const path = isList ? `${property.path}[0]` : property.path;
  const filled = fillObject({ ...place, schema: inner, path, owner, depth: place.depth + 1 }, pool);
  missing.push(...filled.missing);
  args.set(name, isList ? spread(filled.args, inner, place.root, pool) : filled.args);
}

/** `entities "A" and "B" of type x`: what is left over of the kind of the name makes more objects. */
function spread(
  first: JsonObject,
  schema: JsonObject,
  root: JsonObject,
  pool: ClausePool,
): readonly JsonValue[] {
  const names = Object.entries(propertiesOf(schema)).find(
    ([name, property]) => roleOf(name, resolveSchema(root, property)) === 'name' && name in first,
  );
  const rest = names === undefined ? [] : pool.literals('quoted');
  const at = pool.clause.literals.find(({ value }) => value === first[names?.[0] ?? '']);
  const beside = rest.filter((literal, index) => {
    const before = index === 0 ? at : rest[index - 1];
    return (
      before !== undefined &&
      /^\s*(?:,|and|,\s*and)\s*$/i.test(pool.clause.text.slice(before.end, literal.start))
    );
  });
  return [
    first,
    ...beside.map((literal) => ({ ...first, [names?.[0] ?? '']: literalText(pool.take(literal)) })),
  ];
}

function listProperties({ root, schema, path, owner }: Place): readonly Property[] {
  const required = new Set(requiredOf(schema));
  const properties = Object.entries(propertiesOf(schema)).map(([name, held]): Property => {
    const at = resolveSchema(root, held);
    return {
      name,
      path: path === '' ? name : `${path}.${name}`,
      schema: at,
      types: typesOf(root, at),
      role: roleOf(name, at),
      required: required.has(name),
      owner,
    };
  });
  return [
    ...properties.filter((each) => each.required),
    ...properties.filter((each) => !each.required),
  ];
}

function typedValue(property: Property, pool: ClausePool): JsonValue | undefined {
  if ('enum' in property.schema) return undefined;
  if (isNumber(property)) return typedNumber(property, pool);
  if (property.types?.has('array') === true) return undefined;
  if (!isText(property)) return undefined;
  const isPlain =
    property.required || property.role === 'name' || kindsFor(property.role).length > 0;
  return isPlain ? typedText(property, pool) : undefined;
}

function structuredValue(
  property: Property,
  pool: ClausePool,
  root: JsonObject,
): JsonValue | undefined {
  const { types } = property;
  const wanted =
    types?.has('array') === true ? 'array' : types?.has('object') === true ? 'object' : null;
  if (wanted === null) return undefined;
  const json = pool
    .literals('json')
    .find(({ value }) => (wanted === 'array' ? Array.isArray(value) : isJsonObject(value)));
  if (json !== undefined) return pool.take(json).value;
  return wanted === 'array' ? listValue(property, pool, root) : undefined;
}

/** What stands in quotes, or the next number, in the order of the parameters. */
function quotedOrNumber(property: Property, pool: ClausePool): JsonValue | undefined {
  if ('enum' in property.schema) return undefined;
  if (isNumber(property)) {
    const [number] = pool.literals('number');
    return number === undefined ? undefined : pool.take(number).value;
  }
  if (!isText(property) || property.types?.has('boolean') === true) return undefined;
  if (property.role === 'url' || property.role === 'date' || property.role === 'email')
    return undefined;
  const [quoted] = pool
    .literals('quoted')
    .filter((literal) => property.role !== 'path' || isPlace(literal, pool));
  if (quoted !== undefined) return literalText(pool.take(quoted));
  if (property.role === 'glob' || property.role === 'path') return undefined;
  const [json] = property.role === 'content' ? pool.literals('json') : [];
  if (json !== undefined) {
    pool.take(json);
    return pool.clause.text.slice(json.start, json.end);
  }
  // A URL or a pattern is also a text, where nothing nearer to it is left.
  const other = ['query', 'name', 'other'].includes(property.role)
    ? pool.literals('url', 'email', 'date')[0]
    : undefined;
  return other === undefined ? undefined : literalText(pool.take(other));
}

/** A quoted text is a path if it looks like one, or if it stands where one is expected. */
function isPlace({ value, start }: Literal, pool: ClausePool): boolean {
  const before = pool.clause.masked.slice(0, start);
  const isExpected = /(?:^\S+|\b(?:file|directory|folder|path|in|into|to|from|at))\s+$/i.test(
    before,
  );
  return isExpected || /^[\w./~@+-]*[./][\w./~@+-]*$/.test(String(value));
}

function onlyChoice(schema: JsonObject): JsonValue | undefined {
  const choices = schema['enum'];
  return Array.isArray(choices) && choices.length === 1 ? (choices[0] as JsonValue) : undefined;
}

/** A JSON object whose fields are the tool's parameters is all of its arguments. */
function wholeJson(schema: JsonObject, pool: ClausePool): JsonObject | null {
  const names = new Set(Object.keys(propertiesOf(schema)));
  for (const literal of pool.literals('json')) {
    const { value } = literal;
    if (!isJsonObject(value) || !Object.keys(value).every((key) => names.has(key))) continue;
    if (!requiredOf(schema).every((name) => name in value)) continue;
    pool.take(literal);
    return value;
  }
  return null;
}
