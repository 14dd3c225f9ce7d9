import type { JsonObject } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { RegisteredTool } from '../../registry/registry.ts';
import { propertiesOf } from '../schema-walk.ts';
import { createClausePool } from './arguments/clause-pool.ts';
import type { DraftStep } from './draft-step.ts';
import { textsIn } from './draft-step.ts';
import { fanOut } from './arguments/fan-out.ts';
import { fillArguments } from './arguments/fill-arguments.ts';
import type { Mention } from './find-mentions.ts';
import { findMentions } from './find-mentions.ts';
import { KNOWN_FILES, pathKind } from './goal/path-kind.ts';
import type { Property } from './arguments/property.ts';
import type { Clause } from './goal/split-goal.ts';
import { DESTRUCTIVE_VERBS, JUDGING_VERBS } from './goal/verbs.ts';
import { allWords, bestLikeness, stem, stemsOf } from './goal/words.ts';

/** A tool that the search found for a clause. */
export interface Candidate {
  readonly tool: RegisteredTool;
  /** From 0; behind all hits for a tool whose name fits and that the search did not find. */
  readonly rank: number;
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
  missing: -0.5,
  eachMissing: -0.15,
  leftOver: -0.5,
  unusedMention: -0.25,
  repeated: -0.1,
  deprecated: -0.9,
};
/** Questions about files that name no verb. */
const QUESTIONS: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /^(?:which|what) (?:files?|folders?|director|entries|is there|are there)/i,
    ['list', stem('directory')],
  ],
  [/^how (?:big|large|old|long)\b/i, ['info']],
  [/^what(?:'s| is| are| does)\b.*\b(?:in|inside|say|says|contain|contains)\b/i, ['read']],
];
/** From here on the embedding alone says that a tool is about the clause. */
const CLEAR_COSINE = 0.4;
/** Below, a tool of which only the verb fits is about something else. */
const FAINT_COSINE = 0.15;

/** Tools that are about the clause, best first; how well the arguments can be filled counts too. */
export function rankTools(
  clause: Clause,
  candidates: readonly Candidate[],
  earlier: readonly DraftStep[],
): readonly Choice[] {
  return candidates
    .filter((candidate) => isAbout(clause, candidate, earlier))
    .map((candidate) => choiceOf(clause, candidate, earlier))
    .sort((a, b) => b.score - a.score || a.tool.id.localeCompare(b.tool.id));
}

function choiceOf(clause: Clause, candidate: Candidate, earlier: readonly DraftStep[]): Choice {
  const { tool } = candidate;
  // `with work/look_up` names the tool and is no path for one of its parameters.
  const literals = clause.literals.filter(({ value }) => value !== tool.id);
  const pool = createClausePool({ ...clause, literals }, earlier, stemsOf(tool.name));
  const { args, missing } = fillArguments(tool.inputSchema, pool);
  const calls = missing.length === 0 ? fanOut(tool.inputSchema, args, pool) : [args];
  const type = pool.unusedType();
  const leftOver = pool.literals();
  const unresolved = pool.mentions();
  // A text that is missing may be read from a file that the clause names.
  const readable = missing.length > 0 && missing.every(({ role }) => role === 'content');
  const score =
    wordScore(clause, candidate, earlier) +
    (missing.length === 0 ? 0 : WEIGHT.missing + WEIGHT.eachMissing * (missing.length - 1)) +
    WEIGHT.leftOver * leftOver.filter((literal) => !(readable && literal.kind === 'path')).length +
    (type === null ? 0 : WEIGHT.leftOver) +
    WEIGHT.unusedMention * unresolved.length +
    WEIGHT.repeated * (calls.length - 1);
  const texts = [...leftOver, ...(type === null ? [] : [type])].map(({ start, end }) =>
    clause.text.slice(start, end),
  );
  return { tool, calls, missing, score, leftOver: texts, unresolved };
}

function wordScore(
  clause: Clause,
  { tool, rank }: Candidate,
  earlier: readonly DraftStep[],
): number {
  const said = clauseStems(clause, earlier);
  const hinted = [...said, ...hintsOf(clause, earlier)];
  const name = [...new Set(stemsOf(tool.name))];
  const about = new Set([...name, ...toolStems(tool)]);
  const share = (of: readonly string[], among: Iterable<string>) =>
    of.reduce((sum, word) => sum + bestLikeness(word, [...among]), 0) / Math.max(1, of.length);
  const [verb] = said;
  return (
    WEIGHT.index / (1 + rank / 3) +
    WEIGHT.name * share(name, hinted) +
    WEIGHT.coverage * share(said, about) +
    WEIGHT.verb * (verb === undefined ? 0 : bestLikeness(verb, name)) +
    WEIGHT.named * (isNamed(clause, tool) ? 1 : 0) +
    WEIGHT.deprecated * (/\bdeprecated\b/i.test(`${tool.title} ${tool.description}`) ? 1 : 0)
  );
}

/** Search always finds something; this says whether it is about the clause at all. */
function isAbout(
  clause: Clause,
  { tool, cosine }: Candidate,
  earlier: readonly DraftStep[],
): boolean {
  if (isNamed(clause, tool)) return true;
  const known = toolStems(tool);
  const [first] = allWords(clause.masked);
  if (first !== undefined && JUDGING_VERBS.has(first) && !known.has(stem(first))) return false;
  const said = clauseStems(clause, earlier);
  const [toolVerb = ''] = allWords(tool.name);
  // What overwrites or takes away is never chosen for its nouns alone.
  if (DESTRUCTIVE_VERBS.has(toolVerb) && bestLikeness(stem(toolVerb), said) === 0) return false;
  if (cosine !== null && cosine >= CLEAR_COSINE) return true;
  if (choicesOf(tool).some((choice) => clause.text.includes(choice))) return true;
  const names = stemsOf(`${tool.name} ${tool.title ?? ''}`);
  const [verb, ...rest] = said;
  if (rest.some((word) => bestLikeness(word, names) > 0)) return true;
  if (verb === undefined || bestLikeness(verb, names) === 0) return false;
  // Only the verb fits: "find a good restaurant" is no search of files.
  return rest.length === 0 || cosine === null || cosine >= FAINT_COSINE;
}

/** Tools whose names say what the clause says, in other words too: the search may not know those. */
export function toolsNamedLike(
  clause: Clause,
  tools: readonly RegisteredTool[],
  limit: number,
): readonly RegisteredTool[] {
  const said = clauseStems(clause);
  return tools
    .map((tool) => {
      const words = stemsOf(tool.name);
      const sum = words.reduce((total, word) => total + bestLikeness(word, said), 0);
      if (isNamed(clause, tool)) return { tool, score: 2 };
      const isChosen = choicesOf(tool).some((choice) => clause.text.includes(choice));
      return { tool, score: isChosen ? 1 : sum / Math.max(1, words.length) };
    })
    .filter(({ score }) => score >= 0.3)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ tool }) => tool);
}

/** `get-sum`, `read_text_file` or `everything/echo` written out; one plain word is not enough. */
function isNamed(clause: Clause, tool: RegisteredTool): boolean {
  const text = clause.text.toLowerCase();
  if (text.includes(tool.id.toLowerCase())) return true;
  if (/^[a-z]+$/i.test(tool.name)) return new RegExp(`^${tool.name}\\b`, 'i').test(text);
  const spelt = tool.name.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w-])${spelt}(?![\\w-])`).test(text);
}

/** Words of a clause without those that point back; a question gets the verb that it stands for. */
function clauseStems(clause: Clause, earlier: readonly DraftStep[] = []): readonly string[] {
  let text = clause.masked;
  for (const { start, end } of findMentions(clause, earlier).toReversed()) {
    text = `${text.slice(0, start)} ${text.slice(end)}`;
  }
  const asked = QUESTIONS.find(([pattern]) => pattern.test(text))?.[1] ?? [];
  return [...asked, ...stemsOf(text)];
}

function toolStems(tool: RegisteredTool): ReadonlySet<string> {
  // The beginning of a description says what a tool does; the rest is advice.
  const about = `${tool.name} ${tool.title ?? ''} ${tool.server} ${tool.description.slice(0, 400)}`;
  const fields = [tool.inputSchema, tool.outputSchema ?? {}].flatMap(fieldWords);
  return new Set(stemsOf(`${about} ${fields.join(' ')}`));
}

/** Names and descriptions of parameters or outputs, two levels deep. */
function fieldWords(schema: JsonObject, depth = 0): readonly string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, held]) => {
    if (!isJsonObject(held)) return [name];
    const description = typeof held['description'] === 'string' ? held['description'] : '';
    const items = isJsonObject(held['items']) ? held['items'] : held;
    return [name, description, ...(depth < 2 ? fieldWords(items, depth + 1) : [])];
  });
}

/** Values that the tool's parameters list, long enough to mean something in a sentence. */
function choicesOf(tool: RegisteredTool): readonly string[] {
  return Object.values(propertiesOf(tool.inputSchema))
    .flatMap((schema) =>
      isJsonObject(schema) && Array.isArray(schema['enum']) ? schema['enum'] : [],
    )
    .filter((choice) => typeof choice === 'string' && choice.length > 4);
}

const HINTS = {
  text: ['file', 'text'],
  media: ['file', stem('media')],
  file: ['file'],
  directory: [stem('directory')],
};

/** What a path or pattern says without words: `a.md` is a text file, `*.ts` is about files. */
function hintsOf(clause: Clause, earlier: readonly DraftStep[]): readonly string[] {
  const own = clause.literals.filter(({ kind }) => ['path', 'glob', 'quoted'].includes(kind));
  const pointed = findMentions(clause, earlier)
    .filter(({ isThing }) => isThing)
    .flatMap(({ steps }) => steps.flatMap(({ args }) => textsIn(args)));
  return [...own.map(({ value }) => String(value)), ...pointed].flatMap((text) => {
    if (/^\S*[*]\S*$/.test(text)) return ['file'];
    if (!/^\S+$/.test(text) || (!/[./]/.test(text) && !KNOWN_FILES.test(text))) return [];
    return HINTS[pathKind(text)];
  });
}
