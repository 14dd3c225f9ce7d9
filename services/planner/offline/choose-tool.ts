import type { JsonObject } from '../../../common/json.ts';
import type { RegisteredTool } from '../../registry/registry.ts';
import { createClausePool } from './clause-pool.ts';
import type { DraftStep } from './draft-step.ts';
import { fanOut } from './fan-out.ts';
import { fillArguments } from './fill-arguments.ts';
import type { Mention } from './find-mentions.ts';
import type { Property } from './property.ts';
import type { Clause } from './split-goal.ts';
import { JUDGING_VERBS } from './verbs.ts';
import { allWords, bestLikeness, stem, stemsOf } from './words.ts';

/** A tool that the search found for a clause. */
export interface Candidate {
  readonly tool: RegisteredTool;
  /** From 0; `null` for a tool that the clause names and the search did not find. */
  readonly rank: number | null;
  /** Cosine of the clause and the tool's text, where the search gives it. */
  readonly cosine: number | null;
}

/** A tool with the arguments that the clause gives it: one set for each step it takes. */
export interface Choice {
  readonly tool: RegisteredTool;
  readonly calls: readonly JsonObject[];
  readonly missing: readonly Property[];
  readonly score: number;
  /** Literals that no parameter took. */
  readonly leftOver: readonly string[];
  /** Words that point at earlier steps and that no parameter could use. */
  readonly unresolved: readonly Mention[];
}

const WEIGHT = {
  index: 0.8,
  name: 1.2,
  coverage: 1,
  verb: 0.5,
  named: 1.5,
  missing: -1.2,
  leftOver: -0.5,
  unusedMention: -0.25,
  repeated: -0.1,
  deprecated: -0.6,
};
/** From here on the embedding alone says that a tool is about the clause. */
const CLEAR_COSINE = 0.45;
const FAINT_COSINE = 0.2;

/** Tools that are about the clause, best first; how well the arguments can be filled counts too. */
export function rankTools(
  clause: Clause,
  candidates: readonly Candidate[],
  earlier: readonly DraftStep[],
): readonly Choice[] {
  return candidates
    .filter((candidate) => isAbout(clause, candidate))
    .map((candidate) => choiceOf(clause, candidate, earlier))
    .sort((a, b) => b.score - a.score || a.tool.id.localeCompare(b.tool.id));
}

function choiceOf(clause: Clause, candidate: Candidate, earlier: readonly DraftStep[]): Choice {
  const pool = createClausePool(clause, earlier);
  const { tool } = candidate;
  const { args, missing } = fillArguments(tool.inputSchema, pool);
  const calls = missing.length === 0 ? fanOut(tool.inputSchema, args, pool) : [args];
  const leftOver = pool.literals();
  const unresolved = pool.mentions();
  const score =
    wordScore(clause, candidate) +
    WEIGHT.missing * missing.length +
    WEIGHT.leftOver * leftOver.length +
    WEIGHT.unusedMention * unresolved.length +
    WEIGHT.repeated * (calls.length - 1);
  const texts = leftOver.map(({ start, end }) => clause.text.slice(start, end));
  return { tool, calls, missing, score, leftOver: texts, unresolved };
}

function wordScore(clause: Clause, { tool, rank }: Candidate): number {
  const said = clauseStems(clause);
  const name = [...new Set(stemsOf(tool.name))];
  const about = new Set([...name, ...toolStems(tool)]);
  const share = (of: readonly string[], among: Iterable<string>) =>
    of.reduce((sum, word) => sum + bestLikeness(word, [...among]), 0) / Math.max(1, of.length);
  const [verb] = said;
  return (
    WEIGHT.index * (rank === null ? 0 : 1 / (1 + rank / 3)) +
    WEIGHT.name * share(name, said) +
    WEIGHT.coverage * share(said, about) +
    WEIGHT.verb * (verb === undefined ? 0 : bestLikeness(verb, name)) +
    WEIGHT.named * (isNamed(clause, tool) ? 1 : 0) +
    WEIGHT.deprecated * (/\bdeprecated\b/i.test(`${tool.title} ${tool.description}`) ? 1 : 0)
  );
}

/** Search always finds something; this says whether it is about the clause at all. */
function isAbout(clause: Clause, { tool, cosine }: Candidate): boolean {
  if (isNamed(clause, tool)) return true;
  const known = toolStems(tool);
  const [first] = allWords(clause.masked);
  if (first !== undefined && JUDGING_VERBS.has(first) && !known.has(stem(first))) return false;
  if (cosine !== null && cosine >= CLEAR_COSINE) return true;
  if (cosine !== null && cosine < FAINT_COSINE) return false;
  const names = stemsOf(`${tool.name} ${tool.title ?? ''}`);
  return clauseStems(clause).some((word) => bestLikeness(word, names) > 0);
}

/** `get-sum`, `read_text_file` or `everything/echo` written out; one plain word is not enough. */
export function isNamed(clause: Clause, tool: RegisteredTool): boolean {
  const text = clause.text.toLowerCase();
  if (text.includes(tool.id.toLowerCase())) return true;
  if (/^[a-z]+$/i.test(tool.name)) return new RegExp(`^${tool.name}\\b`, 'i').test(text);
  const spelt = tool.name.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w-])${spelt}(?![\\w-])`).test(text);
}

function clauseStems(clause: Clause): readonly string[] {
  return stemsOf(clause.masked);
}

function toolStems(tool: RegisteredTool): ReadonlySet<string> {
  // The beginning of a description says what a tool does; the rest is advice.
  const about = `${tool.name} ${tool.title ?? ''} ${tool.server} ${tool.description.slice(0, 400)}`;
  return new Set(stemsOf(about));
}
