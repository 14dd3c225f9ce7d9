import { propertiesOf } from '../schema-walk.ts';
import type { DraftStep } from './draft-step.ts';
import { previousSteps, textsIn } from './draft-step.ts';
import type { Clause } from './goal/split-goal.ts';
import { allWords, likeness, stem, stemsOf } from './goal/words.ts';

/** Words that point at what earlier steps bring: `it`, `the sum`, `the answer of step 2`. */
export interface Mention {
  readonly start: number;
  readonly end: number;
  readonly steps: readonly DraftStep[];
  /** What of their output is meant, as a stem; `null` where the words do not say. */
  readonly noun: string | null;
  /** Whether the words may stand for what the step worked on, as in `it` or `that file`. */
  readonly isThing: boolean;
}

const GENERIC =
  'result|output|answer|text|content|response|value|data|finding|outcome|body|reply|return|information|source';
const GENERIC_NOUNS = new Set(GENERIC.split('|').map(stem));
const THINGS = new Set(['file', 'directory', 'folder', 'page', 'url', 'path', 'link'].map(stem));
/** Where no step is about a list, the last one brought it. */
const LISTS = new Set(['list', 'listing', 'match', 'hit'].map(stem));
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'];
const STEP_WORD = '(?:step|item|point|task|clause|number|#)';
const BY_NUMBER = new RegExp(
  `(?:\\b(?:the |its )?(?:([a-z]+) (?:of|from|in) )?(?:the )?)?\\b${STEP_WORD} ?(\\d{1,3})\\b(?:['’]s (\\w+))?`,
  'gi',
);
const BY_ORDINAL = new RegExp(
  `\\b(?:the )?(?:([a-z]+) (?:of|from) )?the (${ORDINALS.join('|')}) (?:${STEP_WORD}|(${GENERIC})s?|one|call)\\b`,
  'gi',
);
const OF_LITERAL =
  /\b(?:the |its )?([a-z]+) (?:of|from|in|inside) (?:the )?(?:file )?(\uE000+)|(\uE000+)['’]s? ([a-z]+)|(\uE000+)/gi;
const DETERMINED =
  /\b(the|that|this|those|these|its|their|both|all)(?: the| of the)? ((?:[a-z][a-z-]*[\s'’s]*){1,3})/gi;
const PRONOUN =
  /\b(?:it|them|both)\b|\beach(?: one| of (?:them|these|those))?\b(?=\s*(?:$|[,.;:)]))|\b(?:that|this|these|those)\b(?=\s*(?:$|[,.;:)]|\b(?:to|in|into|as|with|by|and|from|back|through)\b))/gi;
const THING =
  /^(?:it|them|both|this|that|these|those)$|\b(?:file|directory|folder|page|url|path|link)s?$/i;
/** What may follow a noun that ends its phrase; another noun may not. */
const PHRASE_END =
  /^\s*(?:$|[,.;:)!?]|['’]s\b|\b(?:of|to|in|into|from|and|or|as|with|by|for|at|on|out|then|under|back|is|was|are|were|has|have|through|using|again|twice)\b)/i;
const WHOLE_PLURAL = /^(?:all|everything|all of (?:it|them|this))$/i;

/** Finds them in reading order; they do not overlap. */
export function findMentions(clause: Clause, earlier: readonly DraftStep[]): readonly Mention[] {
  if (earlier.length === 0) return [];
  const found: Mention[] = [];
  const add = (start: number, length: number, noun: string | null, steps: readonly DraftStep[]) => {
    const end = start + length;
    const isThing = THING.test(clause.text.slice(start, end));
    const free = found.every((other) => end <= other.start || start >= other.end);
    if (steps.length > 0 && free) found.push({ start, end, noun, steps, isThing });
  };
  for (const match of clause.text.matchAll(BY_NUMBER)) {
    const steps = earlier.filter((step) => step.clause.number === Number(match[2]));
    add(match.index, match[0].length, meaning(match[1] ?? match[3]), steps);
  }
  for (const match of clause.masked.matchAll(BY_ORDINAL)) {
    const number = ORDINALS.indexOf((match[2] ?? '').toLowerCase()) + 1;
    const steps = earlier.filter((step) => step.clause.number === number);
    add(match.index, match[0].length, meaning(match[1] ?? match[3]), steps);
  }
  for (const match of clause.masked.matchAll(OF_LITERAL)) {
    const mask = match[2] ?? match[3] ?? match[5] ?? '';
    const at = match.index + match[0].indexOf(mask);
    const steps = stepsUsing(clause, at, earlier);
    add(match.index, match[0].length, meaning(match[1] ?? match[4]), steps);
  }
  for (const match of clause.masked.matchAll(DETERMINED))
    addDetermined(clause, earlier, match, add);
  for (const match of clause.masked.matchAll(PRONOUN)) {
    const steps = WHOLE_PLURAL.test(match[0]) ? earlier : previousSteps(clause, earlier);
    add(match.index, match[0].length, null, steps);
  }
  return found.sort((a, b) => a.start - b.start);
}

/** `the sum`, `its content`, `that file's text`, `the README statistics`. */
function addDetermined(
  clause: Clause,
  earlier: readonly DraftStep[],
  match: RegExpMatchArray,
  add: (start: number, length: number, noun: string | null, steps: readonly DraftStep[]) => void,
): void {
  const index = match.index ?? 0;
  const determiner = (match[1] ?? '').toLowerCase();
  const phrase = match[2] ?? '';
  const phraseStart = index + match[0].length - phrase.length;
  const words = [...phrase.matchAll(/[a-z][a-z-]*/gi)].filter(([word]) => word !== 's');
  for (const count of [3, 2, 1]) {
    const head = words[count - 1];
    if (head === undefined) continue;
    const end = phraseStart + head.index + head[0].length;
    // "the file a.txt" names a file; it does not look back.
    if (!PHRASE_END.test(clause.masked.slice(end))) continue;
    const noun = stem(head[0].toLowerCase());
    const qualifiers = words.slice(0, count - 1).map(([word]) => stem(word.toLowerCase()));
    const steps = stepsNamed(clause, determiner, noun, qualifiers, earlier);
    if (steps.length === 0) continue;
    const tail = /^ (?:of|from) (?:it|them|both|that|this|(?:that|the) file)\b/i.exec(
      clause.masked.slice(end),
    );
    add(index, end - index + (tail?.[0].length ?? 0), meaning(noun), steps);
    return;
  }
}

function stepsNamed(
  clause: Clause,
  determiner: string,
  noun: string,
  qualifiers: readonly string[],
  earlier: readonly DraftStep[],
): readonly DraftStep[] {
  const previous = previousSteps(clause, earlier);
  const owned = determiner === 'its' || determiner === 'their';
  const named = [...qualifiers, noun].filter(
    (word) => !GENERIC_NOUNS.has(word) && !THINGS.has(word),
  );
  if (named.length === 0) {
    if (determiner === 'all') return earlier;
    return owned || GENERIC_NOUNS.has(noun) || THINGS.has(noun) ? previous : [];
  }
  // The latest clause whose step is about every word of the phrase.
  const about = earlier.filter((step) => named.every((word) => isAbout(step, word)));
  const last = Math.max(0, ...about.map((step) => step.clause.number));
  const steps = about.filter((step) => step.clause.number === last);
  return steps.length > 0 || !(owned || LISTS.has(noun)) ? steps : previous;
}

function isAbout(step: DraftStep, word: string): boolean {
  const outputs = Object.keys(propertiesOf(step.tool.outputSchema ?? {}));
  const known = new Set([
    ...outputs.flatMap(stemsOf),
    ...stemsOf(step.tool.name),
    ...stemsOf(step.clause.text.replace(/\W+/g, ' ')),
  ]);
  return [...known].some((other) => likeness(other, word) === 1);
}

function stepsUsing(
  clause: Clause,
  at: number,
  earlier: readonly DraftStep[],
): readonly DraftStep[] {
  const literal = clause.literals.find(({ start }) => start === at);
  if (literal === undefined || (literal.kind !== 'path' && literal.kind !== 'url')) return [];
  const users = earlier.filter((step) => textsIn(step.args).includes(String(literal.value)));
  const reader = users.find((step) => stemsOf(step.tool.name).includes('read'));
  const chosen = reader ?? users[0];
  return chosen === undefined ? [] : [chosen];
}

function meaning(word: string | undefined): string | null {
  if (word === undefined) return null;
  const [noun] = allWords(word).map(stem);
  return noun === undefined || GENERIC_NOUNS.has(noun) ? null : noun;
}
