import type { JsonValue } from '../../../../common/json.ts';
import type { ClausePool } from './clause-pool.ts';
import { literalText } from './clause-pool.ts';
import type { Literal } from '../goal/literals.ts';
import type { Property } from './property.ts';
import { isNumber, isText } from './property.ts';
import { allWords, stem } from '../goal/words.ts';

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};
/** Words that may stand between a label and its value. */
const CONNECTOR = /^\s*(?:[:=]\s*|(?:is|are|of|as|to|equal to|set to|being)\s+)?/i;

/**
 * The value that follows the parameter's name: `head: 5`, `a=2`, `sort by size`, `path README.md`,
 * `observations "x" and "y"`. Gives `undefined` where the clause does not name the parameter.
 */
export function labelledValue(property: Property, pool: ClausePool): JsonValue | undefined {
  for (const label of labelsOf(property)) {
    for (const match of pool.clause.masked.matchAll(label)) {
      const from = match.index + match[0].length;
      if (pool.isTaken(match.index, from)) continue;
      const connector = CONNECTOR.exec(pool.clause.masked.slice(from))?.[0] ?? '';
      const value = valueAt(property, pool, from + connector.length, /[:=]/.test(connector));
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

/** Literals that follow each other from `start`, with commas or `and` between. */
export function literalRun(pool: ClausePool, start: number): readonly Literal[] {
  const run: Literal[] = [];
  let at = start;
  for (;;) {
    const literal = pool.literalAt(at);
    if (literal === null) return run;
    run.push(literal);
    at =
      literal.end +
      (/^(?:\s*,)?\s*(?:and\s+|or\s+)?/i.exec(pool.clause.masked.slice(literal.end))?.[0].length ??
        0);
  }
}

/** `entityType` is called `entity type`, `entityType` and, unless that is too little, `type`. */
function labelsOf({ name, owner }: Property): readonly RegExp[] {
  const words = allWords(name);
  const forms = new Set([name, words.join(' ')]);
  const last = words.at(-1) ?? name;
  const isNaming = /^(?:name|title|label|id)$/.test(last);
  // An `entityName` is called by its entity: `the entity "X"`.
  if (words.length > 1 && isNaming) forms.add(words.slice(0, -1).join(' '));
  else if (words.length > 1 && last.length > 2) forms.add(last);
  if (last.endsWith('s') && last.length > 3) forms.add(last.slice(0, -1));
  if (owner !== null && words.length === 1 && isNaming) forms.add(owner);
  return [...forms].map((form) => {
    const spelt = form
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll(' ', '(?:ed|ing|s)?[\\s_-]?');
    // One letter is a word of the language more often than a name, unless a sign follows.
    const after = form.length === 1 ? '(?=\\s*[:=])' : 's?';
    return new RegExp(`(?<![\\w./-])${spelt}${after}(?![\\w/-])`, 'gi');
  });
}

function valueAt(
  property: Property,
  pool: ClausePool,
  start: number,
  isMarked: boolean,
): JsonValue | undefined {
  const { types, schema } = property;
  if (types?.has('array') === true) return undefined;
  const literal = pool.literalAt(start);
  if (literal !== null) {
    if (Array.isArray(schema['enum']) && !schema['enum'].includes(literal.value)) return undefined;
    if (isNumber(property) && typeof literal.value === 'number') {
      // `thought 2 of 3` is about two parameters.
      const isPair = /^\s+of\s+\uE000/.test(pool.clause.masked.slice(literal.end));
      return isPair ? undefined : pool.take(literal).value;
    }
    // `the content of a.md` is what the file holds, not its name.
    if (property.role === 'content' && literal.kind !== 'quoted' && !isMarked) return undefined;
    if (isText(property) && literal.kind !== 'number') return literalText(pool.take(literal));
    if (isText(property) && isMarked) return literalText(pool.take(literal));
    if (types?.has('object') === true && literal.kind === 'json') return pool.take(literal).value;
    return undefined;
  }
  const word = /^[\p{L}\p{N}_-]+/u.exec(pool.clause.masked.slice(start))?.[0];
  if (word === undefined) return undefined;
  const choice = Array.isArray(schema['enum'])
    ? schema['enum'].find(
        (each) => typeof each === 'string' && each.toLowerCase() === word.toLowerCase(),
      )
    : undefined;
  const flag = types?.has('boolean') === true ? BOOLEANS[word.toLowerCase()] : undefined;
  if (choice !== undefined || flag !== undefined) {
    pool.takeText(start, start + word.length);
    return choice ?? flag;
  }
  if ('enum' in schema || types?.has('boolean') === true || !isText(property)) return undefined;
  if (isMarked) return textUpToMark(pool, start);
  return bareWord(property, pool, start, word);
}

/** `path: services, query: x` ends at the comma; what was given out already ends it too. */
function textUpToMark(pool: ClausePool, start: number): string | undefined {
  let end = start + (/^[^,;]*/.exec(pool.clause.masked.slice(start))?.[0].length ?? 0);
  while (end > start && pool.isTaken(start, end)) end -= 1;
  const text = pool.clause.text.slice(start, end).trim();
  if (text === '' || pool.mentions().some((mention) => mention.start === start)) return undefined;
  pool.takeText(start, end);
  return text;
}

/** A word without quotes counts as a value for names and types only: `of type project`. */
function bareWord(
  { role }: Property,
  pool: ClausePool,
  start: number,
  word: string,
): string | undefined {
  if (role === 'path') return pathToken(pool, start);
  if (role !== 'name' && role !== 'type') return undefined;
  if (
    /^(?:and|or|with|in|of|to|for|the|a|an|named|called|as|is|that|from|on|at|by|it|them)$/i.test(
      word,
    )
  )
    return undefined;
  if (role === 'name' && stem(word.toLowerCase()) === stem('type')) return undefined;
  pool.takeText(start, start + word.length);
  return word;
}

/** `path items[0].name`: a path into a document, which is no path of a file. */
function pathToken(pool: ClausePool, start: number): string | undefined {
  const token = /^[\w$-]+(?:\.[\w$*-]+|\[[^\]\s]*\])+/.exec(pool.clause.text.slice(start))?.[0];
  if (token === undefined) return undefined;
  pool.takeText(start, start + token.length);
  return token;
}
