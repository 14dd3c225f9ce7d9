const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Words that stand for numbers, the first one for `from`. */
  readonly words?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, words: MONTHS },
  // 7 is Sunday too.
  { name: 'day of week', from: 0, to: 7, words: DAYS },
];
const SECOND: Field = { name: 'second', from: 0, to: 59 };
const YEAR: Field = { name: 'year', from: 2000, to: 2100 };

const SHORT =
  /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every [0-9]+[smhd]([0-9]+[smhd])*)$/;

/**
 * What is wrong with a cron line as Temporal reads it: `minute hour day month weekday`, with a year
 * behind and seconds in front where they are wanted, or `@daily` and the like.
 *
 * @returns the problem in plain words, which names the field and its value; `null`: none.
 */
export function cronProblem(cron: string): string | null {
  const line = cron.trim();
  if (line.startsWith('@')) {
    return SHORT.test(line)
      ? null
      : `"${line}" is none of @hourly, @daily, @weekly, @monthly, @yearly and "@every 30m"`;
  }
  if (/^(CRON_)?TZ=/.test(line)) return 'names a time zone: give it as "timeZone"';
  const values = line.split(/\s+/);
  const fields = fieldsOf(values.length);
  if (fields === null) {
    return `has ${line === '' ? 0 : values.length} fields: give "minute hour day-of-month month day-of-week", for example "0 2 * * *"`;
  }
  for (const [at, field] of fields.entries()) {
    const problem = fieldProblem(field, values[at] ?? '');
    if (problem !== null) return problem;
  }
  return null;
}

function fieldsOf(count: number): readonly Field[] | null {
  if (count === 5) return FIELDS;
  if (count === 6) return [...FIELDS, YEAR];
  return count === 7 ? [SECOND, ...FIELDS, YEAR] : null;
}

function fieldProblem(field: Field, value: string): string | null {
  const wrong = value.split(',').find((part) => !isRange(field, part));
  if (wrong === undefined) return null;
  const words = field.words === undefined ? '' : ` or ${field.words[0]} to ${field.words.at(-1)}`;
  return `has "${value}" as ${field.name}: it takes ${field.from} to ${field.to}${words}, as "*", "1,2", "1-3" or "*/2"`;
}

/** `*`, `2`, `2-5`, each with `/step` behind it. */
function isRange(field: Field, part: string): boolean {
  const [range = '', step, ...more] = part.split('/');
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false;
  if (range === '*' || (range === '?' && step === undefined)) return true;
  const ends = range.split('-').map((end) => numberOf(field, end));
  const [from, to = from] = ends;
  return (
    ends.length <= 2 && from !== null && from !== undefined && typeof to === 'number' && from <= to
  );
}

function numberOf({ from, to, words }: Field, text: string): number | null {
  const word = words?.indexOf(text.toUpperCase()) ?? -1;
  if (word !== -1) return from + word;
  const number = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return number >= from && number <= to ? number : null;
}

/** Whether a name is one of the IANA time zones, as this machine knows them. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets such as "+02:00" are no names: they know no summer.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
