import colors from 'picocolors';

const PAINT: Readonly<Record<string, (text: string) => string>> = {
  trace: colors.gray,
  debug: colors.gray,
  info: colors.green,
  warn: colors.yellow,
  error: colors.red,
  fatal: colors.red,
};
const SHOWN_ELSEWHERE = new Set(['level', 'time', 'msg', 'name', 'pid', 'err']);

/** One log entry (a line of JSON) for people; a line that is no JSON passes unchanged. */
export function prettyLine(line: string): string {
  const entry = parse(line);
  if (entry === null) return line;
  const level = String(entry['level']);
  const paint = PAINT[level] ?? String;
  const time = String(entry['time']).slice(11, 23);
  const fields = Object.entries(entry)
    .filter(([name]) => !SHOWN_ELSEWHERE.has(name))
    .map(([name, value]) => colors.dim(`${name}=${plain(value)}`));
  const head = [
    colors.dim(time),
    paint(level.toUpperCase().padEnd(5)),
    String(entry['msg'] ?? ''),
    ...fields,
  ].join(' ');
  return `${head}\n${errorLines(entry['err'])}`;
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function plain(value: unknown): string {
  if (typeof value === 'string' && /^\S+$/.test(value)) return value;
  return JSON.stringify(value);
}

function errorLines(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { stack, message, cause } = error as Readonly<Record<string, unknown>>;
  const text = typeof stack === 'string' ? stack : typeof message === 'string' ? message : '';
  return text === '' ? '' : `${text.replace(/^/gm, '    ')}\n${errorLines(cause)}`;
}
