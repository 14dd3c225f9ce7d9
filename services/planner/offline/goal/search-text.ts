import type { Literal } from './literals.ts';
import { pathKind } from './path-kind.ts';
import type { Clause } from './split-goal.ts';

const PLACES = { text: 'text file', media: 'media file', file: 'file', directory: 'directory' };
const WORDS: Readonly<Record<Exclude<Literal['kind'], 'path'>, string>> = {
  quoted: 'text',
  json: 'data',
  url: 'URL',
  email: 'email address',
  date: 'date',
  glob: 'file pattern',
  number: 'number',
};

/**
 * The clause as the search should see it: kinds of things in place of the things. What a file is
 * called or what a text says has nothing to do with which tool is meant.
 */
export function searchText({ text, literals }: Clause): string {
  let generic = '';
  let at = 0;
  for (const literal of literals) {
    generic += text.slice(at, literal.start) + wordFor(literal);
    at = literal.end;
  }
  return generic + text.slice(at);
}

function wordFor({ kind, value }: Literal): string {
  return kind === 'path' ? PLACES[pathKind(String(value))] : WORDS[kind];
}
