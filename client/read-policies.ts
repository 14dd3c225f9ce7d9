import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { whyUnreadable } from '../common/why-unreadable.ts';
import { ClientError } from './client-error.ts';
import { plainIssue } from '../common/plain-issue.ts';
import type { Policies } from './policy.ts';
import { policiesSchema } from './policy.ts';

/**
 * The policies of a file (YAML or JSON); `undefined` where none is named. A file that is wrong is
 * refused as a whole: runs that nobody watches must not start because of a typing error.
 *
 * @throws ClientError (`bad-input`) with what is wrong.
 */
export async function readPolicies(path: string | undefined): Promise<Policies | undefined> {
  if (path === undefined || path === '') return undefined;
  const refuse = (why: string, cause?: unknown): ClientError =>
    new ClientError('bad-input', `The policies in ${path} (OSTINATO_POLICY_FILE) ${why}.`, cause);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw refuse(`cannot be read: ${whyUnreadable(error)}`, error);
  });
  let written: unknown;
  try {
    written = parse(text);
  } catch (error) {
    throw refuse(`are no YAML: ${(error as Error).message}`, error);
  }
  const parsed = policiesSchema.safeParse(written, { error: plainIssue });
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path: at, message }) => `${at.join('.')} ${message}`);
  throw refuse(`are wrong: ${lines.join('; ')}`);
}
