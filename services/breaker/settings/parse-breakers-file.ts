import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { FAILURE } from '../../../common/failures.ts';
import { whyUnreadable } from '../../../common/why-unreadable.ts';
import { ServiceError } from '../../errors.ts';
import type { BreakerPreset } from '../../../common/breaker-policies.ts';
import type { BreakerTarget } from '../breakers.ts';
import type { BreakerOverrides } from './breaker-overrides.ts';
import {
  isFitting,
  mergeOverrides,
  overridesSchema,
  resolveOverrides,
} from './breaker-overrides.ts';

/** `mcp/github`, `tool/github/get_issue`, `provider/openai/gpt-5` or, with `*` at the end, all that begin so. */
const pattern = z
  .string()
  .regex(
    /^(mcp|provider|tool)\/.+$/,
    'names no target: write mcp/SERVER, tool/SERVER/TOOL or provider/ROUTE',
  );

const file = z.strictObject({ targets: z.record(pattern, overridesSchema) });

/** Settings of a whole deployment, in the order of the file. */
export type BreakerRules = readonly (readonly [pattern: string, overrides: BreakerOverrides])[];

/**
 * Reads a breakers file: YAML or JSON.
 *
 * @throws ServiceError (BadInput) naming every field that is wrong.
 */
export function parseBreakersFile(text: string, path: string): BreakerRules {
  let written: unknown;
  try {
    written = parse(text);
  } catch (error) {
    throw bad(path, (error as Error).message, error);
  }
  const parsed = file.safeParse(written);
  if (parsed.success) {
    const rules = Object.entries(parsed.data.targets);
    const unfit = rules.flatMap(([target]) => problemOf(target, rules) ?? []);
    if (unfit.length > 0) throw bad(path, unfit.slice(0, 10).join('; '), null);
    return rules;
  }
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.map(String).join('.') || 'the file'}: ${messageOf(issue)}`,
  );
  throw bad(path, problems.slice(0, 10).join('; '), parsed.error);
}

/** Of the targets that a line and no longer one names: whether all that is said of them fits together. */
function problemOf(target: string, rules: BreakerRules): string | null {
  const [kind = '', ...rest] = target.replace(/\*$/, ANY_MORE).split('/');
  const overrides = rulesFor(rules, { kind: kind as BreakerTarget['kind'], name: rest.join('/') });
  const presets: readonly BreakerPreset[] =
    kind === 'provider' ? ['provider'] : ['mcp-remote', 'mcp-stdio'];
  try {
    const usual = presets.find((preset) => isFitting(preset, overrides)) ?? presets[0];
    resolveOverrides(usual ?? 'mcp-remote', overrides);
    return null;
  } catch (error) {
    return `targets.${target}: ${(error as Error).message}`;
  }
}

/** Stands for what follows a beginning: in no name of a target. */
const ANY_MORE = '\n';

function messageOf(issue: z.core.$ZodIssue): string {
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  return inner?.message ?? issue.message;
}

/** @throws ServiceError (BadInput) where it cannot be read or is wrong. @returns none without a path. */
export async function readBreakersFile(path: string | null): Promise<BreakerRules> {
  if (path === null) return [];
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw bad(path, `it cannot be read: ${whyUnreadable(error)}`, error);
  });
  return parseBreakersFile(text, path);
}

/** What the file says of a target: of all that match, later lines win. */
export function rulesFor(
  rules: BreakerRules,
  { kind, name }: Pick<BreakerTarget, 'kind' | 'name'>,
): BreakerOverrides {
  const id = `${kind}/${name}`;
  const fitting = rules.filter(([written]) =>
    written.endsWith('*') ? id.startsWith(written.slice(0, -1)) : id === written,
  );
  return mergeOverrides(...fitting.map(([, overrides]) => overrides));
}

function bad(path: string, why: string, cause: unknown): ServiceError {
  return new ServiceError(
    FAILURE.badInput,
    `The breakers file ${path} is wrong: ${why}. OSTINATO_BREAKERS_FILE names it; docs/tools.md shows one.`,
    { cause },
  );
}
