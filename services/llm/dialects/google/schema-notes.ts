import type { JsonObject, JsonValue } from '../../../../common/json.ts';

const MAX_VALUE_CHARS = 200;

/** Keywords that Gemini has no place for and that tell the model something, with their words. */
const NOTED: Readonly<Record<string, string>> = {
  default: 'Default:',
  pattern: 'Pattern:',
  minLength: 'Shortest length:',
  maxLength: 'Longest length:',
  exclusiveMinimum: 'Greater than',
  exclusiveMaximum: 'Less than',
  multipleOf: 'A multiple of',
  minProperties: 'Fewest properties:',
  maxProperties: 'Most properties:',
  example: 'Example:',
  examples: 'Examples:',
  not: 'Must not match the schema',
  contains: 'Holds at least one item of the schema',
  propertyNames: 'Property names match the schema',
  patternProperties: 'Properties by name pattern:',
  dependentRequired: 'Properties that need others:',
  if: 'If it matches the schema',
  then: 'then it must match',
  else: 'else it must match',
};

/** One sentence for each keyword that would be lost. */
export function schemaNotes(schema: JsonObject, formats: ReadonlySet<string>): string[] {
  const notes = Object.entries(NOTED).flatMap(([keyword, words]) => {
    const value = schema[keyword];
    return value === undefined ? [] : [`${words} ${shown(value)}.`];
  });
  if (schema['uniqueItems'] === true) notes.push('All items differ.');
  const format = schema['format'];
  if (typeof format === 'string' && !formats.has(format)) notes.push(`Format: ${format}.`);
  const values = schema['enum'] ?? (schema['const'] === undefined ? [] : [schema['const']]);
  if (Array.isArray(values) && (values as JsonValue[]).some(cannotBeListed)) {
    notes.push(`One of: ${shown(values)}.`);
  }
  return notes;
}

function cannotBeListed(value: JsonValue): boolean {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null);
}

function shown(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;
}
