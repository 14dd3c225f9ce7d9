import { Command } from 'commander';
import type { Act } from './act.ts';
import { addBatch } from './commands/batch.ts';
import { addBreakers } from './commands/breakers.ts';
import { addApprovals } from './commands/approvals.ts';
import { addConversations } from './commands/conversations.ts';
import { addDev } from './commands/dev.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEffects } from './commands/effects.ts';
import { addMcp } from './commands/mcp.ts';
import { addProviders } from './commands/providers.ts';
import { addPlan } from './commands/plan.ts';
import { addRules } from './commands/rules.ts';
import { addRun } from './commands/run.ts';
import { addRuns } from './commands/runs.ts';
import { addSchedules } from './commands/schedules.ts';
import { addSend } from './commands/send.ts';
import { addServers } from './commands/servers.ts';
import { addTools } from './commands/tools.ts';
import { addVersions } from './commands/versions.ts';
import type { CliProcess } from './context.ts';
import { helpExamples } from './help-examples.ts';

const HELP_WIDTH = 100;

/** The command line: what there is. What each command does is in `commands/`. */
export function createProgram(
  cliProcess: Pick<CliProcess, 'out' | 'err' | 'width'>,
  { version, isJson }: { readonly version: string; readonly isJson: boolean },
  act: Act,
): Command {
  const program = new Command('ostinato')
    .description('Runs MCP agents that survive crashes: every run is a Temporal workflow.')
    .version(version, '-V, --version', 'prints the version')
    .helpOption('-h, --help', 'prints this help')
    .helpCommand('help [command]', 'prints the help of a command')
    .option('--json', 'prints JSON')
    .option('--no-color', 'prints without colours (as NO_COLOR=1 does)')
    .option('--api <url>', 'the HTTP API (default OSTINATO_URL, else a running "ostinato dev")')
    .option('--temporal <address>', 'Temporal (default TEMPORAL_ADDRESS, else as above)')
    .option('--namespace <name>', "Temporal's namespace")
    .configureHelp({
      showGlobalOptions: true,
      helpWidth: Math.min(cliProcess.width(), HELP_WIDTH),
      subcommandDescription: (command) => command.description().split('\n')[0] ?? '',
    })
    .configureOutput({
      writeOut: cliProcess.out,
      // Of wrong usage a program gets one JSON document, which `runCli` writes.
      writeErr: isJson ? () => undefined : cliProcess.err,
      outputError: (text, write) => write(text.replace(/^error: /, 'ostinato: ')),
    })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText(
      'after',
      `${helpExamples('dev', 'run "Which files of this project are the largest?"', 'doctor')}

Exit codes: 0 it worked, 1 the run or check failed, 2 wrong usage, 3 a service cannot be reached.
OSTINATO_API_KEY holds the key of the API, where it wants one.`,
    );
  addDev(program, act);
  addRun(program, act);
  addRuns(program, act);
  addSend(program, act);
  addConversations(program, act);
  addBatch(program, act);
  addPlan(program, act);
  addSchedules(program, act);
  addApprovals(program, act);
  addEffects(program, act);
  addServers(program, act);
  addTools(program, act);
  addRules(program, act);
  addBreakers(program, act);
  addProviders(program, act);
  addMcp(program, act);
  addVersions(program, act);
  addDoctor(program, act);
  nameHelpAfterErrors(program, program.name());
  return program;
}

/** Wrong usage of a command points at the help of that command. */
function nameHelpAfterErrors(command: Command, path: string): void {
  command.showHelpAfterError(`See "${path} --help" for what there is.`);
  for (const each of command.commands) nameHelpAfterErrors(each, `${path} ${each.name()}`);
}
