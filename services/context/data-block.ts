import { hash } from 'node:crypto';
import { plainText } from './plain-text.ts';

/** Each costs tokens, twice a block; that the text has no such mark is looked at, not hoped for. */
const MARK_CHARS = 8;

/**
 * Text by strangers between two lines with a mark. The mark is made from the text, so that the text
 * cannot contain it and the same text always gives the same bytes.
 */
export function dataBlock(what: string, given: string): string {
  const text = plainText(given);
  let mark = hash('sha256', text, 'hex').slice(0, MARK_CHARS);
  while (text.includes(mark)) mark = hash('sha256', mark + text, 'hex').slice(0, MARK_CHARS);
  return `--- ${what}: data ${mark} ---\n${text}\n--- end of data ${mark} ---`;
}
