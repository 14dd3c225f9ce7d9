import type { Literal } from './literals.ts';
import { findLiterals, maskLiterals } from './literals.ts';
import { COMMON_VERBS } from './verbs.ts';

/** One thing that a goal asks for. */
export interface Clause {
  /** From 1, in the order of the text. */
  readonly number: number;
  readonly text: string;
  /** The text with literals covered. */
  readonly masked: string;
  readonly literals: readonly Literal[];
  /** What an ordering word ties it to. */
  readonly waitsFor: 'nothing' | 'previous' | 'all-before';
}

interface Piece {
  readonly text: string;
  readonly waitsFor: Clause['waitsFor'];
}

/** Openings that add nothing, taken off until none is left. */
const POLITE =
  /^(?:please|kindly|also|and|first(?: of all)?|firstly|second(?:ly)?|third(?:ly)?|additionally|in addition|besides|meanwhile|in parallel|at the same time|(?:i|we)(?: would|'d) like (?:you )?to|i (?:want|need) (?:you )?to|you should|your task is to|(?:can|could|would|will) you(?: please)?|let'?s|go and|go ahead and|try to|so)\b[,:]?\s*/i;
const THEN =
  /^(?:(?:and )?then|after (?:that|this|which)|afterwards|next(?=,| (?:add|call|compute|count|create|delete|echo|find|get|list|move|read|save|search|send|show|store|think|write)\b)|once (?:that is |it is |that's |it's )?(?:done|finished|ready)|when (?:that is|it is|that's|it's|you are) (?:done|finished)|subsequently|following that)\b[,:]?\s*/i;
const FINALLY =
  /^(?:(?:and )?finally|lastly|at last|in the end|at the end|to finish|last of all|after all (?:that|this|of that|of this)|when (?:all|everything)(?: of (?:this|that|it))? is done|as (?:a|the) last step)\b[,:]?\s*/i;
const LIST_MARK = /^\s*(?:(?:step\s+)?\(?\d{1,2}[.):]|[-*•–])\s+/i;
const QUESTION = /^(?:what|which|how|where|who|when|is|are|does|do)\b/i;
/** Where a sentence may be cut: before `then` and its like, and before `and` or a comma. */
const JOINT =
  /(?:\s*,)?\s+(?=(?:(?:and\s+)?then|after(?:wards| that| this)|finally|lastly)\b)|\s*,?\s+and\s+(?:also\s+)?|\s*,\s*(?:also\s+)?/gi;

/** Cuts a goal into clauses; quoted text, paths, URLs, numbers, dates and JSON are never cut. */
export function splitGoal(
  goal: string,
  toolVerbs: ReadonlySet<string> = new Set(),
): readonly Clause[] {
  const pieces = sentencesOf(goal, toolVerbs).flatMap((sentence) =>
    cutSentence(sentence, toolVerbs),
  );
  const clauses: Clause[] = [];
  for (const piece of pieces.flatMap(afterDoing)) {
    const { text, waitsFor } = openingOf(piece);
    if (!/[\p{L}\p{N}]/u.test(text)) continue;
    const literals = findLiterals(text);
    const masked = maskLiterals(text, literals);
    clauses.push({
      number: clauses.length + 1,
      text,
      masked,
      literals,
      waitsFor: clauses.length === 0 ? 'nothing' : waitsFor,
    });
  }
  return clauses;
}

function sentencesOf(goal: string, toolVerbs: ReadonlySet<string>): readonly string[] {
  const text = goal.replace(/\r\n?/g, '\n');
  const masked = maskLiterals(text, findLiterals(text));
  // In a list within a line, the next number ends the entry before it.
  const inline = /^\s*\(?1[.)]\s[^\n]*$/.test(text) ? '|\\s+(?=\\(?\uE000{1,2}[.)]\\s)' : '';
  const ends = new RegExp(`[.!?]+(?=\\s|$)|;|\\n+${inline}`, 'g');
  const sentences: string[] = [];
  let start = 0;
  for (const end of masked.matchAll(ends)) {
    const isListMark = /^\s*(?:step\s+)?[\uE000\d]{1,2}$/i.test(masked.slice(start, end.index));
    if (isListMark && end[0] === '.') continue;
    // After a semicolon, what begins with no verb goes on with the same thing.
    const next = masked.slice(end.index + 1).trimStart();
    if (end[0] === ';' && !startsClause(next, toolVerbs)) continue;
    sentences.push(text.slice(start, end.index));
    start = end.index + end[0].length;
  }
  sentences.push(text.slice(start));
  return sentences
    .map((sentence) => sentence.replace(LIST_MARK, '').trim())
    .filter((sentence) => sentence !== '');
}

function cutSentence(sentence: string, toolVerbs: ReadonlySet<string>): readonly Piece[] {
  const masked = maskLiterals(sentence, findLiterals(sentence));
  const pieces: Piece[] = [];
  let start = 0;
  for (const joint of masked.matchAll(JOINT)) {
    const next = joint.index + joint[0].length;
    const rest = masked.slice(next);
    if (!startsClause(rest, toolVerbs)) continue;
    const before = stripOpening(masked.slice(start, joint.index)).text;
    // "read and count a.txt" is one clause: the first verb has nothing of its own.
    if (before.split(/\s+/).length < 2 || /^(?:after|once|when|if|before)\b/i.test(before))
      continue;
    pieces.push({ text: sentence.slice(start, joint.index), waitsFor: 'nothing' });
    start = next;
  }
  pieces.push({ text: sentence.slice(start), waitsFor: 'nothing' });
  return pieces;
}

function startsClause(rest: string, toolVerbs: ReadonlySet<string>): boolean {
  const bare = stripOpening(rest);
  const word = /^[a-z]+/i.exec(bare.text)?.[0].toLowerCase() ?? '';
  const isVerb = COMMON_VERBS.has(word) || toolVerbs.has(word) || QUESTION.test(bare.text);
  return isVerb && /^[a-z]+[\s:]+\S/i.test(bare.text);
}

/** `After reading a.md, echo it` is two clauses in order. */
function afterDoing(piece: Piece): readonly Piece[] {
  const masked = maskLiterals(piece.text, findLiterals(piece.text));
  const match =
    /^(?:after|once|when) (?:you have |having )?([a-z]+?)(?:ing|ed|)\s+([^,]+),\s*(?=\S)/di.exec(
      masked,
    );
  const verb = match === null ? null : verbOf(match[1] ?? '');
  const object = match?.indices?.[2];
  if (match === null || verb === null || object === undefined) return firstDoing(piece, masked);
  return [
    { text: `${verb} ${piece.text.slice(...object)}`, waitsFor: piece.waitsFor },
    { text: piece.text.slice(match[0].length), waitsFor: 'previous' },
  ];
}

/** `Write it to out/a.md, creating the directory out first`: the second half comes first. */
function firstDoing(piece: Piece, masked: string): readonly Piece[] {
  const match = /,\s*(?:but )?([a-z]+?)ing\s+(.+?)\s+first\s*$/di.exec(masked);
  const verb = match === null ? null : verbOf(match[1] ?? '');
  const object = match?.indices?.[2];
  if (match === null || verb === null || object === undefined) return [piece];
  return [
    { text: `${verb} ${piece.text.slice(...object)}`, waitsFor: piece.waitsFor },
    { text: piece.text.slice(0, match.index), waitsFor: 'previous' },
  ];
}

/** `read` of `read(ing)`, `writ(ing)`, `add(ed)`, `get(ting)`. */
function verbOf(root: string): string | null {
  const low = root.toLowerCase();
  const forms = [low, `${low}e`, low.replace(/(.)\1$/, '$1')];
  return forms.find((form) => COMMON_VERBS.has(form)) ?? null;
}

function openingOf(piece: Piece): Piece {
  const stripped = stripOpening(piece.text.trim());
  const text = stripped.text.replace(/[\s,;:]+$/, '').trim();
  return { text, waitsFor: stripped.waitsFor === 'nothing' ? piece.waitsFor : stripped.waitsFor };
}

function stripOpening(text: string): Piece {
  let rest = text.trim();
  let waitsFor: Clause['waitsFor'] = 'nothing';
  for (;;) {
    const opening = FINALLY.exec(rest) ?? THEN.exec(rest) ?? POLITE.exec(rest);
    if (opening === null) return { text: rest, waitsFor };
    if (FINALLY.test(rest)) waitsFor = 'all-before';
    else if (THEN.test(rest)) waitsFor = 'previous';
    rest = rest.slice(opening[0].length);
  }
}
