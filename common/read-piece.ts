/** A part of a long text, and how to read on. Positions are characters, from 0. */
export interface TextPiece {
  readonly offset: number;
  readonly text: string;
  readonly totalChars: number;
  /** Where the next piece begins; `null` at the end. */
  readonly nextOffset: number | null;
}

export interface TextMatch {
  readonly offset: number;
  /** The match and what stands around it. */
  readonly text: string;
}

const MAX_MATCHES = 10;
const AROUND_CHARS = 150;

/** `length` characters from `offset`; never half a surrogate pair. An offset past the end reads nothing. */
export function readPiece(text: string, offset: number, length: number): TextPiece {
  const start = wholeChar(text, Math.min(offset, text.length));
  const asked = wholeChar(text, Math.min(start + length, text.length));
  // At least one character, so that reading on comes to the end.
  const end = asked > start ? asked : wholeChar(text, Math.min(start + 2, text.length));
  return {
    offset: start,
    text: text.slice(start, end),
    totalChars: text.length,
    nextOffset: end < text.length ? end : null,
  };
}

/** The first ten places with a word, whatever its case. */
export function findInText(text: string, word: string): readonly TextMatch[] {
  // A pattern, since lower-casing may change lengths, which would move the positions.
  const pattern = new RegExp(word.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'), 'giu');
  const matches: TextMatch[] = [];
  for (const { index, 0: found } of text.matchAll(pattern)) {
    if (matches.length === MAX_MATCHES) break;
    const from = wholeChar(text, Math.max(0, index - AROUND_CHARS));
    const to = wholeChar(text, Math.min(text.length, index + found.length + AROUND_CHARS));
    matches.push({ offset: index, text: text.slice(from, to) });
  }
  return matches;
}

function wholeChar(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff && at > 0 ? at - 1 : at;
}
