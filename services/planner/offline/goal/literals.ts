import type { JsonValue } from '../../../../common/json.ts';
import { KNOWN_FILES } from './path-kind.ts';

export type LiteralKind = 'quoted' | 'json' | 'url' | 'email' | 'date' | 'glob' | 'path' | 'number';

/** A value written out in a text. `start` and `end` include its quotes. */
export interface Literal {
  readonly kind: LiteralKind;
  readonly value: JsonValue;
  readonly start: number;
  readonly end: number;
}

/** Stands for one character of a literal where only the words around it matter. */
const MASK = '\uE000';

const QUOTES: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ['“', '”'],
  ['„', '“'],
  ['«', '»'],
  ['`', '`'],
  ["'", "'"],
  ['‘', '’'],
];
/** Brackets that hold no JSON may be nested; trying each would take the square of their number. */
const MAX_JSON_TRIES = 100;
const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(
  ' ',
);
const TOKEN = /[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w,])|[^\s,;()]+/y;
const PATTERNS: readonly (readonly [LiteralKind, RegExp])[] = [
  ['url', /^(?:[a-z][a-z0-9+.-]*:\/\/|data:|mailto:)\S+$/i],
  ['email', /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/],
  ['date', /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?$/],
  ['number', /^[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\d|\.\d+)(?:e[+-]?\d+)?%?$/i],
  ['glob', /^(?=.*[*])[\w./*?{}![\]@+-]+$/],
  [
    'path',
    /^(?:~|\.{1,2})?\/[\w.@~+-][\w./@~+-]*$|^(?:\.{1,2}|~)\/?$|^[\w.@+-]+\/(?:[\w.@+-]+\/?)*$/,
  ],
  ['path', /^\.?[\w@+-]+(?:\.[\w-]+)*\.(?=[\w]*[a-z])[a-z0-9]{1,8}$/i],
  ['path', /^\.[a-z][\w-]{2,}$/i],
  ['path', KNOWN_FILES],
];
/** Look like paths and are none. */
const NO_PATH =
  /^(?:e\.g|i\.e|etc|vs|a\.m|p\.m|and\/or|either\/or|yes\/no|read\/write|he\/she|n\/a|w\/o|input\/output|true\/false)\.?$/i;

/** Finds quoted texts, JSON, URLs, e-mail addresses, dates, globs, paths and numbers, in order. */
export function findLiterals(text: string): readonly Literal[] {
  const found: Literal[] = [];
  const marks = closingMarks(text);
  let at = 0;
  while (at < text.length) {
    const literal = quotedAt(text, at, marks) ?? jsonAt(text, at, marks) ?? tokenAt(text, at);
    if (literal !== null) found.push(literal);
    at = literal?.end ?? nextStart(text, at);
  }
  return found;
}

/** The text with every literal covered, character for character, so that positions stay. */
export function maskLiterals(text: string, literals: readonly Literal[]): string {
  let masked = '';
  let at = 0;
  for (const { start, end } of literals) {
    masked += text.slice(at, start) + MASK.repeat(end - start);
    at = end;
  }
  return masked + text.slice(at);
}

/** Past the rest of this word, to where the next literal could begin. */
function nextStart(text: string, at: number): number {
  if (!/\w/.test(text.charAt(at))) return at + 1;
  const rest = /[\s,;():=]|$/g;
  rest.lastIndex = at;
  return Math.max(at, rest.exec(text)?.index ?? at) + 1;
}

/** Where quotes and brackets close, found in one pass, so that the time grows with the text only. */
interface ClosingMarks {
  /** Positions at which a closing quote of that kind may stand. */
  readonly quotes: ReadonlyMap<string, readonly number[]>;
  /** The position past the bracket that closes the one at the key. */
  readonly brackets: ReadonlyMap<number, number>;
  parsesLeft: number;
}

function closingMarks(text: string): ClosingMarks {
  const quotes = new Map(QUOTES.map(([, close]) => [close, [] as number[]]));
  for (let at = 0; at < text.length; at += 1) {
    const places = quotes.get(text.charAt(at));
    if (places === undefined || text.charAt(at - 1) === '\\') continue;
    // A single quote closes only at the end of a word, since it is also an apostrophe.
    const isSingle = text.charAt(at) === "'" || text.charAt(at) === '’';
    if (!isSingle || !/\w/.test(text.charAt(at + 1))) places.push(at);
  }
  const brackets = new Map<number, number>();
  const open: number[] = [];
  for (const mark of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (mark[0] === '{' || mark[0] === '[') {
      open.push(mark.index);
    } else if (mark[0] === '}' || mark[0] === ']') {
      const start = open.pop();
      if (start !== undefined) brackets.set(start, mark.index + 1);
    }
  }
  return { quotes, brackets, parsesLeft: MAX_JSON_TRIES };
}

function quotedAt(text: string, at: number, marks: ClosingMarks): Literal | null {
  const pair = QUOTES.find(([open]) => open === text.charAt(at));
  if (pair === undefined || /\w/.test(text.charAt(at - 1))) return null;
  const [, close] = pair;
  const end = firstAbove(marks.quotes.get(close) ?? [], at);
  if (end === undefined) return null;
  const value = text.slice(at + 1, end).replaceAll(`\\${close}`, close);
  return { kind: 'quoted', value, start: at, end: end + 1 };
}

function firstAbove(sorted: readonly number[], bound: number): number | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > bound) high = middle;
    else low = middle + 1;
  }
  return sorted[low];
}

function jsonAt(text: string, at: number, marks: ClosingMarks): Literal | null {
  const end = marks.brackets.get(at);
  // `items[0]` is a path, and its brackets hold no list.
  if (end === undefined || /\w/.test(text.charAt(at - 1)) || marks.parsesLeft === 0) return null;
  marks.parsesLeft -= 1;
  try {
    const value = JSON.parse(text.slice(at, end)) as JsonValue;
    return { kind: 'json', value, start: at, end };
  } catch {
    return null;
  }
}

function tokenAt(text: string, at: number): Literal | null {
  if (!/[\w/~.@*+-]/.test(text.charAt(at)) || /[\w/~.@*+-]/.test(text.charAt(at - 1))) return null;
  TOKEN.lastIndex = at;
  const token = TOKEN.exec(text)?.[0].replace(/(?:[.:!?"”]|['’]s?)+$/, '') ?? '';
  if (token === '' || NO_PATH.test(token)) return dotAt(text, at);
  const end = at + token.length;
  const kind = PATTERNS.find(([, pattern]) => pattern.test(token))?.[0];
  if (kind === 'number') return { kind, value: toNumber(token), start: at, end };
  if (kind !== undefined) return { kind, value: token, start: at, end };
  const digit = NUMBER_WORDS.indexOf(token.toLowerCase());
  return digit > 1 ? { kind: 'number', value: digit, start: at, end } : null;
}

/** A lone `.` between words is the current directory. */
function dotAt(text: string, at: number): Literal | null {
  return /^\.(?=\s+\w)/.test(text.slice(at)) && /\s/.test(text.charAt(at - 1))
    ? { kind: 'path', value: '.', start: at, end: at + 1 }
    : null;
}

function toNumber(token: string): number {
  return Number(token.replaceAll(',', '').replace(/%$/, ''));
}
