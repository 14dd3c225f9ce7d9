import { hash } from 'node:crypto';
import { plainText } from './plain-text.ts';

/**
 * Text by strangers between two lines with a mark. The mark is made from the text, so that the text
 * cannot contain it and the same text always gives the same bytes.
 */
export function dataBlock(what: string, given: string): string {
  const text = plainText(given);
  let mark = hash('sha256', text, 'hex').slice(0, 16);
  while (text.includes(mark)) mark = hash('sha256', mark + text, 'hex').slice(0, 16);
  return `--- ${what}: data ${mark} ---\n${text}\n--- end of data ${mark} ---`;
}
