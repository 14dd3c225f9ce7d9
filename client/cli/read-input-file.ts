import { readFile } from 'node:fs/promises';
import { whyUnreadable } from '../../common/why-unreadable.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';

/**
 * The text of a file that a command was given.
 * @param what begins the message where it cannot be read: `The plan `.
 * @throws CliError (usage)
 */
export async function readInputFile(path: string, what = ''): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadableInput(path, error, what);
  });
}

export function unreadableInput(path: string, error: unknown, what = ''): CliError {
  return new CliError(EXIT.usage, `${what}${path} cannot be read: ${whyUnreadable(error)}.`);
}
