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
  const program = createProgram(cliProcess, version, act);
  try {
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync(argv, { from: 'user' });
    return ended;
  } catch (error) {
    // Commander has printed it already; help and version end this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.worked : EXIT.usage;
    const message = error instanceof Error ? error.message : String(error);
    if (argv.includes('--json')) {
      cliProcess.out(`${JSON.stringify({ error: { message } })}\n`);
    } else cliProcess.err(`ostinato: ${message}\n`);
    return exitCodeOf(error);
  }
}
