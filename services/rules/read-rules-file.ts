import { readFile } from 'node:fs/promises';
import { FAILURE } from '../../common/failures.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import { whyUnreadable } from '../../common/why-unreadable.ts';
import { ServiceError } from '../errors.ts';
import { parseRulesFile } from './parse-rules-file.ts';

/**
 * The rules of a file; `null` where none is named.
 *
 * @throws ServiceError (BadInput) where it cannot be read or is wrong.
 */
export async function readRulesFile(
  path: string | null,
): Promise<readonly CompositionRule[] | null> {
  if (path === null) return null;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ServiceError(
      FAILURE.badInput,
      `The rules file ${path} cannot be read: ${whyUnreadable(error)}. Name one with OSTINATO_RULES_FILE.`,
      { cause: error },
    );
  });
  return parseRulesFile(text, path);
}
