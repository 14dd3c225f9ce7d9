import { isDeepStrictEqual } from 'node:util';
import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import type { WrittenPlan } from '../../../common/written-plan.ts';
import type { RegisteredTool } from '../../registry/registry.ts';
import type { Candidate, Choice } from './choose-tool.ts';
import { rankTools } from './choose-tool.ts';
import type { DraftStep } from './draft-step.ts';
import { feedMissing } from './feed-missing.ts';
import type { Mention } from './find-mentions.ts';
import { findMentions } from './find-mentions.ts';
import { findLiterals, maskLiterals } from './goal/literals.ts';
import { changes, waitsFor } from './order-drafts.ts';
import type { Property } from './arguments/property.ts';
import type { Clause } from './goal/split-goal.ts';
import { TELLING } from './goal/verbs.ts';
import { stemsOf } from './goal/words.ts';

/** What keeps a clause from becoming a step. */
export type Gap =
  | {
      readonly kind: 'no-tool';
      readonly clause: Clause;
      readonly nearest: readonly RegisteredTool[];
    }
  | {
      readonly kind: 'missing';
      readonly clause: Clause;
      readonly tool: RegisteredTool;
      readonly missing: readonly Property[];
      readonly unresolved: readonly Mention[];
    }
  | {
      readonly kind: 'left-over';
      readonly clause: Clause;
      readonly tool: RegisteredTool;
      readonly texts: readonly string[];
    }
  | { readonly kind: 'dangling'; readonly clause: Clause; readonly words: string };

/** Points back where nothing has been asked for yet. */
const DANGLING = /\s(?:it|them)$/i;

export interface DraftPlan {
  readonly steps: readonly DraftStep[];
  readonly gaps: readonly Gap[];
  /** Clauses that only ask to be told what the others bring. */
  readonly toTell: readonly Clause[];
}

export type FindCandidates = (clause: Clause) => Promise<readonly Candidate[]>;

/** Turns clauses into steps, one after the other, since later ones point at earlier ones. */
export async function draftPlan(
  clauses: readonly Clause[],
  find: FindCandidates,
  usedIds: ReadonlySet<string>,
  rules: readonly CompositionRule[] = [],
): Promise<DraftPlan> {
  const steps: DraftStep[] = [];
  const gaps: Gap[] = [];
  const toTell: Clause[] = [];
  const ids = new Set(usedIds);
  // All searches run at once; what depends on earlier steps comes after.
  const found = await Promise.all(clauses.map(find));
  for (const [at, clause] of clauses.entries()) {
    if (isTelling(clause, steps)) {
      toTell.push(clause);
      continue;
    }
    const drafted = await draftClause(clause, found[at] ?? [], find, steps, ids, rules);
    if ('kind' in drafted) gaps.push(drafted);
    else steps.push(...drafted.steps.filter((step) => !repeats(step, steps)));
  }
  return { steps, gaps, toTell };
}

/** The same call once more, with nothing changed on that server since, brings nothing new. */
function repeats(step: DraftStep, earlier: readonly DraftStep[]): boolean {
  const same = earlier.findLastIndex(
    ({ tool, args }) => tool.id === step.tool.id && isDeepStrictEqual(args, step.args),
  );
  const since = earlier.slice(same).filter(({ tool }) => tool.server === step.tool.server);
  return same >= 0 && !since.some(({ tool }) => changes(tool)) && !changes(step.tool);
}

export function toWrittenPlan(steps: readonly DraftStep[]): WrittenPlan {
  return {
    steps: steps.map(({ id, tool, clause, args, after }) => ({
      id,
      tool: tool.id,
      args,
      after,
      // What does not need a failed step is still worth having.
      onFailure: 'skip-dependents',
      title: clause.text.slice(0, 120),
    })),
  };
}

async function draftClause(
  clause: Clause,
  candidates: readonly Candidate[],
  find: FindCandidates,
  earlier: readonly DraftStep[],
  ids: Set<string>,
  rules: readonly CompositionRule[],
): Promise<Gap | { readonly steps: readonly DraftStep[] }> {
  const [chosen] = rankTools(clause, candidates, earlier);
  if (chosen === undefined) {
    return { kind: 'no-tool', clause, nearest: candidates.slice(0, 3).map(({ tool }) => tool) };
  }
  const best = feedMissing(chosen, earlier, rules);
  const bridged = await readFirst(clause, best, candidates, find, earlier, ids);
  if (bridged !== null) return { steps: bridged };
  const { tool, missing, unresolved, leftOver } = best;
  const unused = [
    ...leftOver,
    ...unresolved.filter(isPronoun).map((mention) => wordsOf(clause, mention)),
  ];
  if (missing.length > 0) return { kind: 'missing', clause, tool, missing, unresolved };
  if (unused.length > 0) return { kind: 'left-over', clause, tool, texts: unused };
  if (earlier.length === 0 && DANGLING.test(clause.masked)) {
    return { kind: 'dangling', clause, words: DANGLING.exec(clause.masked)?.[0].trim() ?? '' };
  }
  return { steps: stepsOf(clause, best, earlier, ids) };
}

function isPronoun({ noun, isThing, start, end }: Mention): boolean {
  return isThing && noun === null && end - start <= 'those'.length;
}

function wordsOf({ text }: Clause, { start, end }: Mention): string {
  return `“${text.slice(start, end)}”`;
}

function stepsOf(
  clause: Clause,
  choice: Choice,
  earlier: readonly DraftStep[],
  ids: Set<string>,
): readonly DraftStep[] {
  return choice.calls.map((args) => ({
    id: freshId(choice.tool.name, ids),
    tool: choice.tool,
    clause,
    args,
    after: waitsFor(clause, choice.tool, args, earlier),
  }));
}

/** `statistics of a.md` with a tool that wants the text itself: the file is read before. */
async function readFirst(
  clause: Clause,
  best: Choice,
  candidates: readonly Candidate[],
  find: FindCandidates,
  earlier: readonly DraftStep[],
  ids: Set<string>,
): Promise<readonly DraftStep[] | null> {
  const wantsText = best.missing.length > 0 && best.missing.every(({ role }) => role === 'content');
  const paths = clause.literals.filter(
    ({ kind, start, end }) =>
      kind === 'path' && best.leftOver.includes(clause.text.slice(start, end)),
  );
  if (!wantsText || paths.length === 0) return null;
  const text = `read the text file ${paths.map(({ value }) => String(value)).join(' and ')}`;
  const literals = findLiterals(text);
  const reading: Clause = { ...clause, text, literals, masked: maskLiterals(text, literals) };
  const [reader] = rankTools(reading, await find(reading), earlier);
  if (reader === undefined || reader.missing.length > 0 || reader.leftOver.length > 0) return null;
  if (!stemsOf(reader.tool.name).includes('read')) return null;
  const tried = new Set(ids);
  const readers = stepsOf(reading, reader, earlier, tried);
  const again = rankTools(clause, candidates, [...earlier, ...readers]).find(
    (choice) => choice.tool.id === best.tool.id && choice.missing.length === 0,
  );
  if (again === undefined) return null;
  for (const { id } of readers) ids.add(id);
  return [...readers, ...stepsOf(clause, again, earlier, ids)];
}

/** `tell me the result`: nothing but words that point back. */
function isTelling(clause: Clause, earlier: readonly DraftStep[]): boolean {
  const opening = TELLING.exec(clause.masked);
  if (opening === null || earlier.length === 0) return false;
  const mentions = findMentions(clause, earlier);
  let rest = clause.masked.slice(opening[0].length);
  for (const { start, end } of [...mentions].reverse()) {
    const from = start - opening[0].length;
    rest = rest.slice(0, Math.max(0, from)) + rest.slice(Math.max(0, end - opening[0].length));
  }
  const words = stemsOf(
    rest.replace(
      /\b(?:what|you|says?|contains?|means?|shows?|found|find|learned|learnt|did|done|happened|back|about|me|us|result|results|findings|outcome|everything|all|summary|short|brief)\b/gi,
      ' ',
    ),
  );
  return words.length === 0;
}

/** The tool's name, numbered where it was used before. */
function freshId(name: string, ids: Set<string>): string {
  const base =
    name
      .replace(/[^A-Za-z0-9_-]+/g, '_')
      .replace(/^[^A-Za-z]+/, '')
      .slice(0, 56) || 'step';
  let id = base;
  for (let number = 2; ids.has(id); number += 1) id = `${base}_${number}`;
  ids.add(id);
  return id;
}
