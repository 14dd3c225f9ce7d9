import type { ClausePool } from './clause-pool.ts';
import { literalText } from './clause-pool.ts';
import type { Literal, LiteralKind } from '../goal/literals.ts';
import type { Property } from './property.ts';
import type { PropertyRole } from './property-role.ts';
import { allWords } from '../goal/words.ts';

const KINDS: Partial<Record<PropertyRole, readonly LiteralKind[]>> = {
  path: ['path'],
  url: ['url'],
  glob: ['glob'],
  email: ['email'],
  date: ['date'],
};
const HERE =
  /\b(?:here|(?:(?:the|this|our|current|whole|entire) )+(?:repository|repo|project|workspace|codebase)(?: root)?|(?:this|(?:the |our )?(?:current|working|project)) (?:directory|folder))\b/i;
const NO_NAME =
  /^(?:the|a|an|this|that|its|their|every|each|all|any|new|same|current|working|parent|sub|home|first|last|in|of|and|to|from|with|as|by|for|it|is|which|allowed|two|three|named|called|tree|listing|structure|path|contents?|server|root|project|list|show|create|make|search|nested)$/i;
/** The last word after `in` and its like, or the only word after the verb. */
const PLACE = /(?:\b(?:in|under|within|inside|below|of)|^[a-z]+)\s+([a-z][\w-]*)\s*$/i;
const AIMED = /\b(?:to|into|as|onto)\s+(?:the (?:file |directory |folder )?)?$/i;
const BORROWED = /\b(?:contents?|text|body|lines) (?:of|from) (?:the (?:file )?)?$/i;
const NAMED = /\b(?:named|called|titled|labelled|labeled|as(?=\s+\uE000))\s+/gi;

/** Kinds of literal that go by themselves to a text parameter of that role. */
export function kindsFor(role: PropertyRole): readonly LiteralKind[] {
  return KINDS[role] ?? [];
}

/** What the clause says in the form that the parameter's role has: a path, a URL, a name, a type. */
export function typedText(property: Property, pool: ClausePool): string | undefined {
  const { role } = property;
  if (role === 'name') return namedText(pool);
  if (role === 'type') return typeText(pool);
  const kinds = kindsFor(role);
  if (kinds.length === 0) return undefined;
  const literal = bestLiteral(property, pool, pool.literals(...kinds));
  if (literal !== undefined) return literalText(pool.take(literal));
  return role === 'path' && property.required ? directoryWord(pool) : undefined;
}

/** `Move a to b`: a destination follows `to`, a path that belongs to an earlier step comes last. */
function bestLiteral(
  { name }: Property,
  pool: ClausePool,
  literals: readonly Literal[],
): Literal | undefined {
  const words = allWords(name);
  const isTarget = words.some((word) => /^(?:destination|dest|to|target|new|output)$/.test(word));
  const isAimed = ({ start }: Literal) => AIMED.test(pool.clause.masked.slice(0, start));
  const someAimed = literals.some(isAimed);
  const rank = (literal: Literal) => {
    // In `write the text of a.md to b.md` the first path belongs to the text.
    const isBorrowed =
      someAimed &&
      (BORROWED.test(pool.clause.masked.slice(0, literal.start)) ||
        /^['’]s?\s/.test(pool.clause.masked.slice(literal.end)));
    return (isAimed(literal) === isTarget ? 0 : 1) + (isBorrowed ? 4 : 0);
  };
  const isSource = words.some((word) => /^(?:source|src|from|old|input)$/.test(word));
  const [only] = literals;
  if (isSource && literals.length === 1 && only !== undefined && isAimed(only)) return undefined;
  return [...literals].sort((a, b) => rank(a) - rank(b) || a.start - b.start)[0];
}

/** `the services directory`, `folder src`, `this repository`, `here`. */
function directoryWord(pool: ClausePool): string | undefined {
  const { masked, text } = pool.clause;
  const forms = [
    /\b([\w-]+)\s+(?:directory|folder|dir)\b/gi,
    /\b(?:directory|folder|dir)\s+(?:named\s+|called\s+)?([\w-]+)/gi,
  ];
  for (const form of forms) {
    for (const match of masked.matchAll(form)) {
      const word = match[1] ?? '';
      if (NO_NAME.test(word) || pool.isTaken(match.index, match.index + match[0].length)) continue;
      pool.takeText(match.index, match.index + match[0].length);
      return word;
    }
  }
  const quoted = pool
    .literals('quoted')
    .find(({ value }) => /^[\w./~-]+$/.test(String(value)) && isDirectoryNear(pool, value));
  if (quoted !== undefined) return literalText(pool.take(quoted));
  const here = HERE.exec(text);
  if (here === null || pool.isTaken(here.index, here.index + here[0].length)) {
    return placeWord(pool);
  }
  pool.takeText(here.index, here.index + here[0].length);
  return '.';
}

function isDirectoryNear(pool: ClausePool, value: unknown): boolean {
  const at = pool.clause.text.indexOf(String(value));
  return /\b(?:directory|folder|dir|file|in|under|path)\s*["'“`]?$|^["'”`]?\s*(?:directory|folder|dir|file)\b/i.test(
    at < 0 ? '' : pool.clause.text.slice(0, at),
  );
}

/** `search for *.ts in common`, `list common`. */
function placeWord(pool: ClausePool): string | undefined {
  const match = PLACE.exec(pool.clause.masked);
  const word = match?.[1] ?? '';
  if (match === null || word === '') return undefined;
  if (
    NO_NAME.test(word) ||
    /^(?:memory|parallel|detail|full|order|total|general|short|mind|place|them)$/i.test(word)
  )
    return undefined;
  if (pool.isTaken(match.index, match.index + match[0].length)) return undefined;
  pool.takeText(match.index, match.index + match[0].length);
  return word;
}

function namedText(pool: ClausePool): string | undefined {
  for (const match of pool.clause.masked.matchAll(NAMED)) {
    const start = match.index + match[0].length;
    const literal = pool.literalAt(start);
    if (literal !== null) return literalText(pool.take(literal));
    const word = /^[\p{L}\p{N}_-]+(?:\s+\p{Lu}[\p{L}\p{N}_-]*)*/u.exec(
      pool.clause.masked.slice(start),
    );
    if (word === null || pool.isTaken(start, start + word[0].length)) continue;
    pool.takeText(start, start + word[0].length);
    return word[0];
  }
  return undefined;
}

function typeText(pool: ClausePool): string | undefined {
  const match =
    /\bof (?:the )?(?:type|kind) |\bas an? (?=[\w-]+\s*(?:$|[,;]|with|named|called))/i.exec(
      pool.clause.masked,
    );
  if (match === null) return undefined;
  const start = match.index + match[0].length;
  const literal = pool.literalAt(start);
  if (literal !== null) return literalText(pool.take(literal));
  const word = /^[\p{L}\p{N}_-]+/u.exec(pool.clause.masked.slice(start))?.[0];
  if (word === undefined) return undefined;
  pool.takeText(start, start + word.length);
  return word;
}
