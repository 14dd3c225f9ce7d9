import type { JsonValue } from '../../../common/json.ts';

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
export const MASKED = /\uE000+/g;

const QUOTES: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ['“', '”'],
  ['„', '“'],
  ['«', '»'],
  ['`', '`'],
  ["'", "'"],
  ['‘', '’'],
];
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
  [
    'path',
    /^(?:LICEN[CS]E|CHANGELOG|NOTICE|AUTHORS|CODEOWNERS|(?:Make|Docker|Proc|Gem|Rake|Jenkins|Vagrant)file)$/,
  ],
];
/** Look like paths and are none. */
const NO_PATH =
  /^(?:e\.g|i\.e|etc|vs|a\.m|p\.m|and\/or|either\/or|yes\/no|read\/write|he\/she|n\/a|w\/o|input\/output|true\/false)\.?$/i;

/** Finds quoted texts, JSON, URLs, e-mail addresses, dates, globs, paths and numbers, in order. */
export function findLiterals(text: string): readonly Literal[] {
  const found: Literal[] = [];
  let at = 0;
  while (at < text.length) {
    const literal = quotedAt(text, at) ?? jsonAt(text, at) ?? tokenAt(text, at);
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

function quotedAt(text: string, at: number): Literal | null {
  const pair = QUOTES.find(([open]) => open === text.charAt(at));
  if (pair === undefined || /\w/.test(text.charAt(at - 1))) return null;
  const [open, close] = pair;
  // A single quote closes only at the end of a word, since it is also an apostrophe.
  const single = open === "'" || open === '‘';
  for (let end = text.indexOf(close, at + 1); end > 0; end = text.indexOf(close, end + 1)) {
    if (single && /\w/.test(text.charAt(end + 1))) continue;
    if (text.charAt(end - 1) === '\\') continue;
    const value = text.slice(at + 1, end).replaceAll(`\\${close}`, close);
    return { kind: 'quoted', value, start: at, end: end + 1 };
  }
  return null;
}

function jsonAt(text: string, at: number): Literal | null {
  const open = text.charAt(at);
  // `items[0]` is a path, and its brackets hold no list.
  if ((open !== '{' && open !== '[') || /\w/.test(text.charAt(at - 1))) return null;
  const close = open === '{' ? '}' : ']';
  for (let end = text.indexOf(close, at); end > 0; end = text.indexOf(close, end + 1)) {
    try {
      const value = JSON.parse(text.slice(at, end + 1)) as JsonValue;
      return { kind: 'json', value, start: at, end: end + 1 };
    } catch {
      // Not closed yet: an inner bracket.
    }
  }
  return null;
}

function tokenAt(text: string, at: number): Literal | null {
  if (/[\w/~.@*+-]/.test(text.charAt(at - 1))) return null;
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
