import type { Literal } from './literals.ts';
import type { Clause } from './split-goal.ts';

const MEDIA = /\.(?:png|jpe?g|gif|webp|svg|bmp|mp3|wav|ogg|flac|mp4)$/i;
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
  if (kind !== 'path') return WORDS[kind];
  const path = String(value);
  if (MEDIA.test(path)) return 'media file';
  return /\.\w+$/.test(path) ? 'text file' : 'directory';
}
