import { isClientError } from '../index.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';

/** An error that ends the command: the message is for the user, the code for the shell. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** Which exit code an error ends the command with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (!isClientError(error)) return EXIT.failed;
  switch (error.code) {
    case 'bad-input':
      return EXIT.usage;
    case 'unavailable':
      return EXIT.unreachable;
    case 'conflict':
    case 'not-found':
    case 'already-ended':
    case 'run-failed':
      return EXIT.failed;
  }
}
