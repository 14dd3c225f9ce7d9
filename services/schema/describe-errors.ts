// Runs in the validation thread.
import type { ErrorObject } from 'ajv';
import { isJsonObject } from '../../common/json.ts';
import type { SchemaProblem } from './schema-problem.ts';
import { showValue } from './schema-problem.ts';

const MAX_PROBLEMS = 10;
/** These say that a part did not fit, which the part's own errors say better. */
const WRAPPERS = new Set(['if', 'allOf', '$ref', 'dependentSchemas', 'propertyNames']);

/** Ajv's errors (made with `verbose` and `allErrors`) in plain words, each place and cause once. */
export function describeErrors(errors: readonly ErrorObject[]): readonly SchemaProblem[] {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  const seen = new Map<string, SchemaProblem>();
  for (const error of errors) {
    if (seen.size >= MAX_PROBLEMS) break;
    if (WRAPPERS.has(error.keyword) || choices.some((choice) => isInside(error, choice))) continue;
    const problem = describe(error, errors);
    seen.set(`${problem.path}\n${problem.message}`, problem);
  }
  return [...seen.values()];
}

function isInside(error: ErrorObject, choice: ErrorObject): boolean {
  return (
    error !== choice &&
    error.schemaPath.startsWith(`${choice.schemaPath}/`) &&
    error.instancePath.startsWith(choice.instancePath)
  );
}

function describe(error: ErrorObject, all: readonly ErrorObject[]): SchemaProblem {
  const params = error.params as Readonly<Record<string, unknown>>;
  const here = pathOf(error.instancePath);
  const at = (path: string, message: string, received: unknown): SchemaProblem => ({
    fault: 'value',
    path,
    message,
    received: showValue(received),
  });
  switch (error.keyword) {
    case 'required':
    case 'dependentRequired':
    case 'dependencies': {
      const name = String(params['missingProperty']);
      return at(join(here, name), missing(error, name), undefined);
    }
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
      const value = isJsonObject(error.data) ? error.data[name] : undefined;
      return at(join(here, name), `is not known${knownFields(error)}`, value);
    }
    case 'anyOf':
    case 'oneOf':
      return at(here, choiceMessage(error, all), error.data);
    default:
      return at(here, plainMessage(error.keyword, params, error), error.data);
  }
}

function plainMessage(
  keyword: string,
  params: Readonly<Record<string, unknown>>,
  error: ErrorObject,
): string {
  const limit = String(params['limit']);
  const bound = `${String(params['comparison'])} ${limit}`;
  const messages: Readonly<Record<string, () => string>> = {
    type: () => `must be ${typeWords(params['type'])}`,
    enum: () => `must be one of ${list(params['allowedValues'])}`,
    const: () => `must be ${showValue(params['allowedValue'])}`,
    minimum: () => `must be ${bound}`,
    maximum: () => `must be ${bound}`,
    exclusiveMinimum: () => `must be ${bound}`,
    exclusiveMaximum: () => `must be ${bound}`,
    multipleOf: () => `must be a multiple of ${String(params['multipleOf'])}`,
    minLength: () => `must have at least ${limit} characters`,
    maxLength: () => `must have at most ${limit} characters`,
    minItems: () => `must have at least ${limit} items`,
    maxItems: () => `must have at most ${limit} items`,
    minProperties: () => `must have at least ${limit} fields`,
    maxProperties: () => `must have at most ${limit} fields`,
    uniqueItems: () =>
      `must not repeat an item: ${String(params['i'])} and ${String(params['j'])} are equal`,
    pattern: () => `must match the pattern ${showValue(params['pattern'])}`,
    format: () => `must be a ${String(params['format'])}`,
    contains: () => 'must contain an item of the kind that the schema asks for',
    not: () => 'must not be what the schema rules out',
    'false schema': () => 'must not be there',
  };
  return messages[keyword]?.() ?? error.message ?? `breaks the rule "${keyword}"`;
}

function missing(error: ErrorObject, name: string): string {
  const cause = (error.params as { readonly property?: unknown }).property;
  const because = typeof cause === 'string' ? `, since "${cause}" is given` : '';
  const properties = (error.parentSchema as { readonly properties?: unknown } | undefined)
    ?.properties;
  const schema = isJsonObject(properties) ? properties[name] : undefined;
  const type =
    isJsonObject(schema) && schema['type'] !== undefined ? ` (${typeWords(schema['type'])})` : '';
  return `is required${type} but missing${because}`;
}

function knownFields(error: ErrorObject): string {
  const properties = (error.parentSchema as { readonly properties?: unknown } | undefined)
    ?.properties;
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  return names.length === 0 ? '' : `; known are ${names.slice(0, 12).join(', ')}`;
}

/** The ways in which each of the choices failed. */
function choiceMessage(choice: ErrorObject, all: readonly ErrorObject[]): string {
  const params = choice.params as { readonly passingSchemas?: readonly number[] | null };
  const passing = params.passingSchemas;
  if (Array.isArray(passing)) {
    return `must fit exactly one of the schema's choices but fits ${passing.map((index: number) => index + 1).join(' and ')}`;
  }
  const inside = all.filter(
    (error) =>
      isInside(error, choice) &&
      !WRAPPERS.has(error.keyword) &&
      error.keyword !== 'anyOf' &&
      error.keyword !== 'oneOf',
  );
  const ways = inside.map((error) => {
    const { path, message } = describe(error, []);
    const inner = path.slice(pathOf(choice.instancePath).length).replace(/^\./, '');
    return inner === '' ? message : `"${inner}" ${message}`;
  });
  const shown = [...new Set(ways)].slice(0, 4);
  return shown.length === 0
    ? "must fit one of the schema's choices"
    : `must fit one of the schema's choices: ${shown.join(', or ')}`;
}

const WITH_ARTICLE: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
};

function typeWords(type: unknown): string {
  const types = (Array.isArray(type) ? type : String(type).split(',')).map(String);
  return types.map((each) => WITH_ARTICLE[each] ?? each).join(' or ');
}

function list(values: unknown): string {
  if (!Array.isArray(values)) return showValue(values);
  const shown = values.slice(0, 12).map(showValue).join(', ');
  return values.length > 12 ? `${shown} and ${values.length - 12} more` : shown;
}

/** JSON pointer to the form that plans use: `/items/0/name` is `items[0].name`. */
function pathOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(join, '');
}

function join(path: string, key: string): string {
  if (/^\d+$/.test(key)) return `${path}[${key}]`;
  if (!/^[\w$-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
