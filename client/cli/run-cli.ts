import { CommanderError } from 'commander';
import { createAct } from './act.ts';
import { exitCodeOf } from './cli-error.ts';
import type { CliProcess } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { createProgram } from './program.ts';

/**
 * Runs one command.
 * @param argv what was typed after `ostinato`.
 * @returns the exit code; never throws.
 */
export async function runCli(
  argv: readonly string[],
  cliProcess: CliProcess,
  version: string,
): Promise<ExitCode> {
  let ended: ExitCode = EXIT.worked;
  const act = createAct(cliProcess, (code) => {
    ended = code;
  });
  const isJson = argv.includes('--json');
  const program = createProgram(cliProcess, { version, isJson }, act);
  try {
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync(argv, { from: 'user' });
    return ended;
  } catch (error) {
    // Commander's are for people printed already; help and version end this way too.
    const isUsage = error instanceof CommanderError;
    if (isUsage && error.exitCode === 0) return EXIT.worked;
    const message = error instanceof Error ? error.message : String(error);
    if (isJson) {
      cliProcess.out(
        `${JSON.stringify({ error: { message: isUsage ? plain(message) : message } })}\n`,
      );
    } else if (!isUsage) cliProcess.err(`ostinato: ${message}\n`);
    return isUsage ? EXIT.usage : exitCodeOf(error);
  }
}

/** Commander's words without its own beginning; `(outputHelp)` is what it calls a command alone. */
function plain(message: string): string {
  if (message === '(outputHelp)') return 'Name a command; "ostinato --help" lists what there is.';
  return message.replace(/^error: /, '');
}
