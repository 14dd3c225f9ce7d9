import { fittingEnd, fittingStart } from './count-tokens.ts';

export interface CutText {
  readonly text: string;
  /** Characters left out of the middle; `null`: the text is whole. */
  readonly omitted: { readonly from: number; readonly to: number } | null;
}

/** The beginning says most, and errors and totals stand at the end. */
const START_SHARE = 0.75;
/** What the line about the gap takes. */
const NOTE_TOKENS = 24;

/** A text of at most `maxTokens`: where it is longer, its beginning and its end around a note. */
export function cutToTokens(text: string, maxTokens: number): CutText {
  // Stops at the limit, however long the text is.
  if (fittingStart(text, maxTokens) === text.length) return { text, omitted: null };
  const room = Math.max(0, maxTokens - NOTE_TOKENS);
  const from = fittingStart(text, Math.floor(room * START_SHARE));
  const to = Math.max(from, fittingEnd(text, Math.floor(room * (1 - START_SHARE))));
  const note = `… [characters ${from} to ${to} of ${text.length} are left out] …`;
  const shown = [text.slice(0, from), note, text.slice(to)].filter((part) => part !== '');
  return { text: shown.join('\n'), omitted: { from, to } };
}
