/** One thing wrong with a value, or with the schema that was to judge it. */
export interface SchemaProblem {
  /** `schema`: the schema was refused, and the value not judged. */
  readonly fault: 'value' | 'schema';
  /** Where in the value: `items[0].name`; `''` is the value as a whole. */
  readonly path: string;
  /** What is wrong and what would be right, in words for a model and a person. */
  readonly message: string;
  /** What is there, as JSON of at most 80 characters; `nothing` where it is missing. */
  readonly received: string;
}

const MAX_CHARS = 80;

export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  // A cut text needs no more of the value than fits.
  const text =
    typeof value === 'string'
      ? JSON.stringify(value.slice(0, MAX_CHARS + 1))
      : JSON.stringify(value);
  return shorten(text);
}

/** A schema that was refused, from its JSON text. */
export function refusedSchema(schema: string, why: string): SchemaProblem {
  const message = `The schema was refused: ${why}.`;
  return { fault: 'schema', path: '', message, received: shorten(schema) };
}

function shorten(text: string): string {
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 1)}…`;
}

/** `"a.b" must be a number, but is "x"; …`: at most five problems in one sentence each. */
export function describeProblems(problems: readonly SchemaProblem[]): string {
  const shown = problems.slice(0, 5).map(({ fault, path, message, received }) => {
    if (fault === 'schema') return message;
    const subject = path === '' ? 'The value' : `"${path}"`;
    return `${subject} ${message} (received ${received}).`;
  });
  const more = problems.length - shown.length;
  return more > 0 ? `${shown.join(' ')} ${more} more.` : shown.join(' ');
}
