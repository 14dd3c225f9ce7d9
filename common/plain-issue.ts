import { nearestName } from './nearest-name.ts';

const SHOWN = 60;

/** What zod hands to its `error` option, as far as it is read here. */
interface Issue {
  readonly code?: string;
  readonly input?: unknown;
  readonly expected?: string;
  readonly values?: readonly unknown[];
  readonly keys?: readonly string[];
  readonly inst?: unknown;
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly options?: unknown;
}

/**
 * What is wrong with a value, in words that fit behind its path: what it takes, and what was
 * received. For zod's `error` option; messages that a schema brings itself win over these.
 */
export function plainIssue(issue: Issue): string | undefined {
  const received = issue.input === undefined ? 'nothing' : shown(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing; it takes ${named(issue.expected)}`
        : `takes ${named(issue.expected)} (received ${received})`;
    case 'invalid_value':
      return `takes ${listed(issue.values)} (received ${received})`;
    case 'unrecognized_keys':
      return (issue.keys ?? []).map((key) => unknownField(key, issue.inst)).join('; ');
    case 'too_small':
      return `${sizeOf(issue.origin)} at least ${issue.minimum} (received ${received})`;
    case 'too_big':
      return `${sizeOf(issue.origin)} at most ${issue.maximum} (received ${received})`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `takes ${listed(issue.options)}`
        : undefined;
    default:
      return undefined;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function named(expected = 'something else'): string {
  return NAMES[expected] ?? expected;
}

function sizeOf(origin = ''): string {
  if (origin === 'string') return 'has a length of';
  return origin === 'array' ? 'has a count of' : 'is';
}

function listed(values: readonly unknown[] = []): string {
  return values.map((value) => JSON.stringify(value)).join(' or ');
}

function unknownField(key: string, schema: unknown): string {
  const known = fieldsOf(schema);
  const near = nearestName(key, known);
  const hint = near === null ? `known are ${known.join(', ')}` : `did you mean "${near}"?`;
  return `there is no field "${key}"${known.length === 0 ? '' : `; ${hint}`}`;
}

/** The fields of an object schema; of any other, none. */
function fieldsOf(schema: unknown): readonly string[] {
  const { _zod } = schema as { readonly _zod?: { readonly def?: { readonly shape?: object } } };
  return Object.keys(_zod?.def?.shape ?? {});
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}
