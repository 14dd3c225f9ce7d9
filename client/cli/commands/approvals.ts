import type { Command } from 'commander';
import type { JsonObject } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { PendingInRun } from '../../index.ts';
import { decide, listPending } from '../../index.ts';
import type { Act } from '../act.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { cleanText } from '../view/clean-text.ts';
import { formatDuration } from '../view/format-duration.ts';

const ID = 'of the decision, as "approvals list" shows it';

export function addApprovals(program: Command, act: Act): void {
  const approvals = program
    .command('approvals')
    .description('Lists the calls that wait for a person, and decides them.')
    .addHelpText('after', helpExamples('approvals list', 'approvals approve 01K5XN6M2V7T~pay~1'));
  approvals
    .command('list')
    .description('Lists what waits in all open runs, oldest first.')
    .addHelpText('after', helpExamples('approvals list', 'approvals list --json'))
    .action(act(list));
  approvals
    .command('approve')
    .description('Lets a call be made, as it is or with other arguments.')
    .argument('<id>', ID)
    .option('--args <json>', "in place of the step's arguments; checked before they are taken")
    .addHelpText(
      'after',
      helpExamples(
        'approvals approve 01K5XN6M2V7T~pay~1',
        `approvals approve 01K5XN6M2V7T~pay~1 --args '{"amount": 5}'`,
      ),
    )
    .action(act(approve));
  approvals
    .command('deny')
    .description('Refuses a call: its step fails with the reason, which a planner sees.')
    .argument('<id>', ID)
    .option('--reason <text>', 'why', 'Denied from the command line.')
    .addHelpText(
      'after',
      helpExamples('approvals deny 01K5XN6M2V7T~pay~1 --reason "wrong account"'),
    )
    .action(act(deny));
}

async function list(context: CliContext): Promise<ExitCode> {
  const pending = await context.withEngine(listPending);
  if (context.isJson) context.printJson(pending);
  else if (pending.length === 0) context.print('Nothing waits for a person.');
  else for (const entry of pending) context.print(...pendingLines(entry, context));
  return EXIT.worked;
}

const MAX_SHOWN = 500;

function pendingLines(entry: PendingInRun, { style }: CliContext): readonly string[] {
  const args = entry.args === null ? '(long)' : JSON.stringify(entry.args);
  const shown = args.length <= MAX_SHOWN ? args : `${args.slice(0, MAX_SHOWN)}…`;
  const left = formatDuration(Math.max(0, entry.expiresAtMs - Date.now()));
  const remedy =
    entry.kind === 'approval'
      ? []
      : [`  Decide with: ostinato effects retry|done|abort '${entry.key ?? ''}'`];
  return [
    style.warn(entry.id),
    `  ${cleanText(entry.title)}: ${entry.tool} (${entry.effect}) ${cleanText(shown)}`,
    `  ${cleanText(entry.reason)} Becomes a no in ${left}.`,
    ...remedy,
  ];
}

async function approve(
  context: CliContext,
  [id = '']: readonly (string | undefined)[],
  flags: { readonly args?: string },
): Promise<ExitCode> {
  const args = flags.args === undefined ? undefined : parseArgs(flags.args);
  const verdict = { verdict: 'approve', ...(args === undefined ? {} : { args }) } as const;
  await context.withEngine((connection) => decide(connection, id, verdict));
  return said(context, id, 'approved');
}

async function deny(
  context: CliContext,
  [id = '']: readonly (string | undefined)[],
  { reason }: { readonly reason: string },
): Promise<ExitCode> {
  await context.withEngine((connection) => decide(connection, id, { verdict: 'deny', reason }));
  return said(context, id, 'denied');
}

function said(context: CliContext, id: string, what: string): ExitCode {
  if (context.isJson) context.printJson({ id, accepted: true });
  else context.print(`${id} is ${what}.`);
  return EXIT.worked;
}

function parseArgs(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new CliError(EXIT.usage, `--args takes a JSON object like '{"amount": 5}', not ${text}`);
}
