import type { JsonObject, JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';
import type { ToolQuestion } from './tool-question.ts';
import { withDefaults } from './with-defaults.ts';

const SHOWN = 80;
const FORMATS: Readonly<Record<string, RegExp>> = {
  email: /^[^\s@]+@[^\s@]+$/,
  uri: /^[a-z][a-z0-9+.-]*:[^\s]+$/i,
  date: /^\d{4}-\d{2}-\d{2}$/,
  'date-time': /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i,
};

/**
 * Why these values do not answer these questions; `null`: they do. The values of the only question,
 * or, where several are asked, of each under its name: one that is left out is declined.
 */
export function answerProblem(
  questions: readonly ToolQuestion[],
  values: JsonObject,
): string | null {
  const [only, ...more] = questions;
  if (only !== undefined && more.length === 0) return valuesProblem(only, values);
  const names = questions.map(({ name }) => name);
  const unknown = Object.keys(values).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    return `Nothing was asked under "${cut(unknown)}": the questions are ${names.join(', ')}.`;
  }
  for (const question of questions) {
    const given = Object.hasOwn(values, question.name) ? values[question.name] : undefined;
    if (given === undefined) continue;
    if (!isJsonObject(given)) {
      return `"${question.name}" takes an object of values, and ${shown(given)} is none.`;
    }
    const problem = valuesProblem(question, given);
    if (problem !== null) return `${question.name}: ${problem}`;
  }
  return null;
}

function valuesProblem(question: ToolQuestion, given: JsonObject): string | null {
  if (question.mode === 'url') {
    return Object.keys(given).length === 0 ? null : 'A link is opened, and takes no values.';
  }
  const { schema } = question;
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const values = withDefaults(schema, given);
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const missing = required.find((name) => typeof name === 'string' && !Object.hasOwn(values, name));
  if (missing !== undefined) return `"${String(missing)}" is missing.`;
  for (const [name, value] of Object.entries(values)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!isJsonObject(property)) {
      return `"${cut(name)}" was not asked for: ${Object.keys(properties).join(', ') || 'nothing'} was.`;
    }
    const wanted = wantedInstead(property, value);
    if (wanted !== null) return `"${name}" takes ${wanted}, and ${shown(value)} is none.`;
  }
  return null;
}

/** What the property takes; `null`: the value is that. */
function wantedInstead(property: JsonObject, value: JsonValue): string | null {
  switch (property['type']) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'true or false';
    case 'number':
    case 'integer':
      return isNumberOf(property, value) ? null : numberWords(property);
    case 'array':
      return isListOf(property, value) ? null : listWords(property);
    default:
      return isTextOf(property, value) ? null : textWords(property);
  }
}

function isNumberOf({ type, minimum, maximum }: JsonObject, value: JsonValue): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (type === 'integer' && !Number.isInteger(value)) return false;
  return value >= numberOr(minimum, -Infinity) && value <= numberOr(maximum, Infinity);
}

function numberWords({ type, minimum, maximum }: JsonObject): string {
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  return `${kind}${rangeWords(minimum, maximum)}`;
}

function isTextOf(property: JsonObject, value: JsonValue): boolean {
  if (typeof value !== 'string') return false;
  const choices = choicesOf(property);
  if (choices !== null) return choices.includes(value);
  // Characters as people count them.
  const length = Array.from(value).length;
  if (length < numberOr(property['minLength'], 0)) return false;
  if (length > numberOr(property['maxLength'], Infinity)) return false;
  const { format } = property;
  const pattern = typeof format === 'string' ? FORMATS[format] : undefined;
  if (pattern === undefined) return true;
  const isDated = format === 'date' || format === 'date-time';
  return pattern.test(value) && !(isDated && Number.isNaN(Date.parse(value)));
}

function textWords(property: JsonObject): string {
  const choices = choicesOf(property);
  if (choices !== null) return `one of ${choices.map((choice) => cut(choice)).join(', ')}`;
  const { format, minLength, maxLength } = property;
  const characters = rangeWords(minLength, maxLength);
  const length = characters === '' ? '' : ` with${characters} characters`;
  return typeof format === 'string' ? `a text of the form ${format}${length}` : `a text${length}`;
}

function isListOf(property: JsonObject, value: JsonValue): boolean {
  if (!Array.isArray(value)) return false;
  const items = isJsonObject(property['items']) ? property['items'] : {};
  const choices = choicesOf(items) ?? [];
  return (
    value.length >= numberOr(property['minItems'], 0) &&
    value.length <= numberOr(property['maxItems'], Infinity) &&
    new Set(value).size === value.length &&
    value.every((each) => typeof each === 'string' && choices.includes(each))
  );
}

function listWords({ items, minItems, maxItems }: JsonObject): string {
  const choices = (isJsonObject(items) ? choicesOf(items) : null) ?? [];
  return `a list of${rangeWords(minItems, maxItems)} of ${choices.map((choice) => cut(choice)).join(', ')}`;
}

/** As `enum`, or with titles as `oneOf` or `anyOf`; `null`: any text. */
function choicesOf({ enum: plain, oneOf, anyOf }: JsonObject): readonly string[] | null {
  const titled = oneOf ?? anyOf;
  const given = Array.isArray(titled)
    ? titled.map((each) => (isJsonObject(each) ? each['const'] : undefined))
    : plain;
  if (!Array.isArray(given)) return null;
  return given.filter((each) => typeof each === 'string');
}

function rangeWords(least: JsonValue | undefined, most: JsonValue | undefined): string {
  const from = typeof least === 'number' ? ` ${least} or more` : '';
  const to = typeof most === 'number' ? ` ${most} at most` : '';
  if (from !== '' && to !== '') return ` ${String(least)} to ${String(most)}`;
  return from + to;
}

function numberOr(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function shown(value: JsonValue): string {
  return cut(JSON.stringify(value));
}

function cut(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
