import type { JsonValue } from '../../../../common/json.ts';
import type { DraftStep } from '../draft-step.ts';
import type { Mention } from '../find-mentions.ts';
import { findMentions } from '../find-mentions.ts';
import type { Literal, LiteralKind } from '../goal/literals.ts';
import type { Clause } from '../goal/split-goal.ts';
import { stemsOf } from '../goal/words.ts';

/**
 * What a clause offers to fill arguments with. Each literal and each mention is given out once;
 * what is left at the end tells how badly a tool fits. One pool serves one attempt with one tool.
 */
export interface ClausePool {
  readonly clause: Clause;
  /** Not yet given out, in reading order. */
  literals(...kinds: readonly LiteralKind[]): readonly Literal[];
  mentions(): readonly Mention[];
  /** The literal that begins there, if it is still free. */
  literalAt(start: number): Literal | null;
  take<Item extends Literal | Mention>(item: Item): Item;
  /** A type that the clause states in words without quotes and that no parameter took. */
  unusedType(): { readonly start: number; readonly end: number } | null;
  /** Marks words as used, so that what is left over is known. */
  takeText(start: number, end: number): void;
  /** Whether any of that range has been given out. */
  isTaken(start: number, end: number): boolean;
}

/** @param ownWords stems of the tool's name: `the text statistics` is no text of an earlier step. */
export function createClausePool(
  clause: Clause,
  earlier: readonly DraftStep[],
  ownWords: readonly string[] = [],
): ClausePool {
  const all = findMentions(clause, earlier);
  const others = all.filter(({ start, end }) => {
    const phrase = clause.masked.slice(start, end);
    const words = stemsOf(phrase);
    return (
      words.length === 0 ||
      phrase.includes('\uE000') ||
      !words.every((word) => ownWords.includes(word))
    );
  });
  const mentions = others.length > 0 ? others : all;
  // A number in `step 2` is no value.
  const values = clause.literals.filter(
    (literal) =>
      literal.kind !== 'number' ||
      !mentions.some(({ start, end }) => literal.start >= start && literal.end <= end),
  );
  const taken: { readonly start: number; readonly end: number }[] = [];
  const isTaken = (start: number, end: number) =>
    taken.some((range) => start < range.end && end > range.start);
  return {
    clause,
    literals: (...kinds) =>
      values.filter(
        (literal) =>
          (kinds.length === 0 || kinds.includes(literal.kind)) &&
          !isTaken(literal.start, literal.end),
      ),
    mentions: () => mentions.filter((mention) => !isTaken(mention.start, mention.end)),
    literalAt: (start) =>
      values.find((literal) => literal.start === start && !isTaken(start, literal.end)) ?? null,
    take(item) {
      taken.push({ start: item.start, end: item.end });
      return item;
    },
    unusedType() {
      const match = /\bof (?:the )?(?:type|kind) ([\w-]+)/i.exec(clause.masked);
      if (match === null) return null;
      const end = match.index + match[0].length;
      return isTaken(end - 1, end) ? null : { start: match.index, end };
    },
    takeText: (start, end) => void taken.push({ start, end }),
    isTaken,
  };
}

/** The text of a literal where a text is wanted. */
export function literalText(literal: Literal): string {
  const { value } = literal;
  return typeof value === 'string' ? value : JSON.stringify(value satisfies JsonValue);
}
