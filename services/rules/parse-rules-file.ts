import type { Document } from 'yaml';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { FAILURE } from '../../common/failures.ts';
import { plainIssue } from '../../common/plain-issue.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import { ServiceError } from '../errors.ts';
import { ruleSchema } from './rule-schema.ts';

export const MAX_RULES = 1_000;

const fileSchema = z.strictObject({
  rules: z.array(ruleSchema).max(MAX_RULES, `has more than ${MAX_RULES} rules`),
});

/**
 * Reads `rules: [{name, kind, reason, …}]` in YAML, or in JSON, which is YAML too.
 *
 * @param source where the text comes from, for messages.
 * @throws ServiceError (BadInput) with every problem, each with its line and column.
 */
export function parseRulesFile(text: string, source: string): readonly CompositionRule[] {
  if (text.trim() === '')
    throw bad(source, ['it is empty. For no rules at all, write "rules: []".']);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}:`;
  };
  if (document.errors.length > 0) {
    throw bad(
      source,
      document.errors.map(({ pos, message }) => `${place(pos[0])} ${message}`),
    );
  }
  const parsed = fileSchema.safeParse(valuesOf(document, source), { error: plainIssue });
  if (!parsed.success) {
    throw bad(
      source,
      parsed.error.issues.map(({ path, message }) => {
        return `${place(offsetOf(document, path))} ${shown(path)} ${message}`;
      }),
    );
  }
  const { rules } = parsed.data;
  const again = rules.findIndex(({ name }, at) => rules.findIndex((r) => r.name === name) < at);
  if (again === -1) return rules;
  const at = place(offsetOf(document, ['rules', again, 'name']));
  throw bad(source, [
    `${at} rules[${again}].name "${rules[again]?.name}" is taken by a rule above`,
  ]);
}

/** Aliases that would blow up are an error. */
function valuesOf(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw bad(source, [(error as Error).message]);
  }
}

/** Where the value stands; for one that is missing, where it should be. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function shown(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path
    .map((key, at) =>
      typeof key === 'number' ? `[${key}]` : `${at === 0 ? '' : '.'}${String(key)}`,
    )
    .join('');
}

function bad(source: string, problems: readonly string[]): ServiceError {
  const list =
    problems.length === 1 ? ` ${problems[0]}` : problems.map((line) => `\n  ${line}`).join('');
  return new ServiceError(FAILURE.badInput, `${source} is wrong:${list}`);
}
