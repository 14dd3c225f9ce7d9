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
import { questionLines } from '../view/question-lines.ts';
import { formatDuration } from '../view/format-duration.ts';

const ID = 'of the decision, as "approvals list" shows it';

export function addApprovals(program: Command, act: Act): void {
  const approvals = program
    .command('approvals')
    .description('Lists what waits for a person, and decides or answers it.')
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
    .description(
      'Refuses a call: its step fails with the reason, which a planner sees. A question is declined.',
    )
    .argument('<id>', ID)
    .option('--reason <text>', 'why', 'Denied from the command line.')
    .addHelpText(
      'after',
      helpExamples('approvals deny 01K5XN6M2V7T~pay~1 --reason "wrong account"'),
    )
    .action(act(deny));
  approvals
    .command('answer')
    .description('Answers what a tool asks; the values are checked before they are taken.')
    .argument('<id>', ID)
    .option(
      '--values <json>',
      'of the only question, or of each under its name; what is left out takes its default',
    )
    .addHelpText(
      'after',
      helpExamples(
        `approvals answer 01K5XN6M2V7T~book~1 --values '{"seats": 2}'`,
        'approvals answer 01K5XN6M2V7T~book~1',
      ),
    )
    .action(act(answer));
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
    entry.kind === 'outcome-unknown'
      ? [`  Decide with: ostinato effects retry|done|abort '${entry.key ?? ''}'`]
      : questionLines(entry.questions ?? []);
  return [
    style.warn(entry.id),
    `  ${cleanText(entry.title)}: ${entry.tool} (${entry.effect}) ${cleanText(shown)}`,
    `  ${cleanText(entry.reason)} Becomes a no in ${left}.`,
    ...remedy,
  ];
}

async function answer(
  context: CliContext,
  [id = '']: readonly (string | undefined)[],
  flags: { readonly values?: string },
): Promise<ExitCode> {
  const values = parseObject(flags.values ?? '{}', '--values', '{"seats": 2}');
  await context.withEngine((connection) => decide(connection, id, { verdict: 'answer', values }));
  return said(context, id, 'answered');
}

async function approve(
  context: CliContext,
  [id = '']: readonly (string | undefined)[],
  flags: { readonly args?: string },
): Promise<ExitCode> {
  const args =
    flags.args === undefined ? undefined : parseObject(flags.args, '--args', '{"amount": 5}');
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

function parseObject(text: string, flag: string, example: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new CliError(EXIT.usage, `${flag} takes a JSON object like '${example}', not ${text}`);
}
