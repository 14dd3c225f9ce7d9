import type { Document } from 'yaml';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { WrittenPlan } from '../index.ts';
import { plainIssue } from '../../common/plain-issue.ts';
import { writtenPlanSchema } from '../written-plan-schema.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import type { CliProcess } from './context.ts';
import { inputName, readInputText } from './read-input-text.ts';

/**
 * Reads a plan in YAML or JSON (which is YAML too); `-` is standard input.
 * @throws CliError (usage) with line and column of everything that is wrong.
 */
export async function readPlanFile(
  path: string,
  cliProcess: Pick<CliProcess, 'stdin'>,
): Promise<WrittenPlan> {
  return parsePlan(await readInputText(path, cliProcess, 'The plan '), inputName(path));
}

export function parsePlan(text: string, source: string): WrittenPlan {
  if (text.trim() === '') {
    throw new CliError(
      EXIT.usage,
      `The plan in ${source} is empty: write "steps:" with a step at least.`,
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${source}:${line}:${col}`;
  };
  const wrong = document.errors.map(({ pos, message }) => `${place(pos[0])} ${message}`);
  const [first] = document.errors;
  if (first !== undefined) {
    const json = jsonProblem(text);
    throw notAPlan(source, json === null ? wrong : [`${place(first.pos[0])} ${json}`]);
  }
  const written = toValue(document, source);
  const parsed = writtenPlanSchema.safeParse(written, { error: plainIssue });
  if (parsed.success) return parsed.data as WrittenPlan;
  throw notAPlan(
    source,
    parsed.error.issues.map(({ path, message }) => {
      const at = place(offsetOf(document, path));
      return path.length === 0 ? `${at} ${message}` : `${at} ${shown(path)} ${message}`;
    }),
  );
}

/** What begins as JSON is meant as JSON: its own words for what is wrong; `null`: it is no such text. */
function jsonProblem(text: string): string | null {
  if (!/^\s*\{/.test(text)) return null;
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return (error as Error).message.replace(
      /(?:, .* is not valid JSON| in JSON at position .*)$/s,
      '',
    );
  }
}

/** A file that is no plan at all has a problem in every line. */
const PROBLEMS_SHOWN = 20;

function notAPlan(source: string, problems: readonly string[]): CliError {
  const what = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  ${problem}`);
  const more = problems.length - lines.length;
  if (more > 0) lines.push(`  … and ${more} more`);
  return new CliError(EXIT.usage, [`The plan in ${source} has ${what}:`, ...lines].join('\n'));
}

/** Turns the document into plain values; aliases that would blow up are an error. */
function toValue(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw notAPlan(source, [(error as Error).message]);
  }
}

/** Where the value stands; for one that is missing, where it should be. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function shown(path: readonly PropertyKey[]): string {
  return path.reduce<string>((all, key) => {
    if (typeof key === 'number') return `${all}[${key}]`;
    return all === '' ? String(key) : `${all}.${String(key)}`;
  }, '');
}
