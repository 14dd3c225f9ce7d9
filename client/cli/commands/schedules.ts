import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { ScheduleRequest, ScheduleView } from '../../index.ts';
import { createSchedule, listSchedules, scheduleHandle } from '../../index.ts';
import type { Schedule } from '../../index.ts';
import { OVERLAP } from '../../schedule-request.ts';
import type { Overlap } from '../../schedule-request.ts';
import type { Act } from '../act.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { readPlanFile } from '../read-plan-file.ts';
import { scheduleLines, scheduleTable } from '../view/schedule-lines.ts';

interface CreateFlags {
  readonly cron: string;
  readonly zone?: string;
  readonly goal?: string;
  readonly plan?: string;
  readonly batchUrl?: string;
  readonly agent?: string;
  readonly overlap?: Overlap;
  readonly jitter?: number;
  readonly catchup?: number;
  readonly paused?: boolean;
  readonly note?: string;
}

export function addSchedules(program: Command, act: Act): void {
  const schedules = program
    .command('schedules')
    .description('Lets Temporal start agents, plans and batches by the clock.')
    .addHelpText(
      'after',
      helpExamples(
        'schedules create nightly --cron "0 2 * * *" --zone Europe/Berlin --goal "Check all links"',
        'schedules trigger nightly',
      ),
    );
  addCreate(schedules, act);
  schedules
    .command('list')
    .description('Lists schedules, by name.')
    .addHelpText('after', helpExamples('schedules list', 'schedules list --json'))
    .action(act(list));
  const one = (
    name: string,
    description: string,
    example: string,
    run: (schedule: Schedule, flags: { readonly note?: string }) => Promise<void>,
  ): Command =>
    schedules
      .command(name)
      .description(description)
      .argument('<schedule>', 'its name')
      .addHelpText('after', helpExamples(`schedules ${example}`))
      .action(act(onSchedule(run)));
  one(
    'show',
    'Shows when it starts next, and what it started.',
    'show nightly --json',
    async () => {},
  );
  one('trigger', 'Starts once now, besides the clock.', 'trigger nightly', (schedule) =>
    schedule.trigger(),
  );
  one(
    'pause',
    'Lets it start nothing until it is resumed.',
    'pause nightly --note "moving"',
    (schedule, { note }) => schedule.pause(note),
  ).option('--note <text>', 'shown beside it');
  one('resume', 'Lets it start again.', 'resume nightly', (schedule, { note }) =>
    schedule.resume(note),
  ).option('--note <text>', 'shown beside it');
  addBackfill(schedules, act);
  schedules
    .command('delete')
    .description('Removes a schedule; what it has started goes on.')
    .argument('<schedule>', 'its name')
    .addHelpText('after', helpExamples('schedules delete nightly'))
    .action(act(remove));
}

function addCreate(schedules: Command, act: Act): void {
  schedules
    .command('create')
    .description(
      'Makes a schedule.\nFor a batch, --batch-url names the file, which is read anew at each start.',
    )
    .argument('<schedule>', 'its name')
    .requiredOption('--cron <line>', '"minute hour day month weekday", or @daily and the like')
    .option('--zone <name>', 'IANA time zone (default UTC)')
    .option('-g, --goal <goal>', 'what an agent should do')
    .option('-p, --plan <file>', 'the plan to run (YAML or JSON)')
    .option('--batch-url <url>', 'do it for each item of this JSONL file')
    .option('--agent <name>', 'name of the agent, for lists and search')
    .addOption(overlapOption('a start while the one before goes on'))
    .option('--jitter <seconds>', 'put each start off by up to this', seconds)
    .option('--catchup <seconds>', 'make up for starts missed no longer ago than this', seconds)
    .option('--paused', 'let it wait until it is resumed')
    .option('--note <text>', 'shown beside it')
    .addHelpText(
      'after',
      helpExamples(
        'schedules create nightly --cron "0 2 * * *" --zone Europe/Berlin --goal "Check all links"',
        'schedules create hourly --cron @hourly --plan report.yaml --jitter 60 --overlap skip',
        'schedules create orders --cron "*/15 * * * *" --plan order.yaml --batch-url https://example.com/orders.jsonl',
      ),
    )
    .action(act(create));
}

function addBackfill(schedules: Command, act: Act): void {
  schedules
    .command('backfill')
    .description('Makes up for the starts that fall into a span of time.')
    .argument('<schedule>', 'its name')
    .requiredOption('--from <time>', 'such as 2026-11-01T00:00:00Z')
    .requiredOption('--to <time>', 'such as 2026-11-02T00:00:00Z')
    .addOption(overlapOption('starts while the one before goes on (default buffer-all)'))
    .addHelpText(
      'after',
      helpExamples(
        'schedules backfill nightly --from 2026-11-01T00:00:00Z --to 2026-11-03T00:00:00Z',
      ),
    )
    .action(
      act(
        onSchedule(
          (
            schedule,
            flags: { readonly from: string; readonly to: string; readonly overlap?: Overlap },
          ) => schedule.backfill(flagsOf(flags)),
        ),
      ),
    );
}

function flagsOf(flags: {
  readonly from: string;
  readonly to: string;
  readonly overlap?: Overlap;
}) {
  const { from, to, overlap } = flags;
  return { from, to, ...(overlap === undefined ? {} : { overlap }) };
}

function overlapOption(what: string): Option {
  return new Option('--overlap <policy>', what).choices(OVERLAP);
}

async function create(
  context: CliContext,
  [scheduleId = '']: readonly (string | undefined)[],
  flags: CreateFlags,
): Promise<ExitCode> {
  const work = await workOf(context, flags);
  const request: ScheduleRequest = {
    scheduleId,
    cron: flags.cron,
    ...(flags.zone === undefined ? {} : { timeZone: flags.zone }),
    ...(flags.overlap === undefined ? {} : { overlap: flags.overlap }),
    ...(flags.jitter === undefined ? {} : { jitterMs: flags.jitter * 1_000 }),
    ...(flags.catchup === undefined ? {} : { catchupWindowMs: flags.catchup * 1_000 }),
    ...(flags.paused === undefined ? {} : { paused: flags.paused }),
    ...(flags.note === undefined ? {} : { note: flags.note }),
    ...work,
  };
  return context.withEngine(async (connection) => {
    const schedule = await createSchedule(connection, request);
    return printSchedule(context, await schedule.describe());
  });
}

/** An agent, a plan, or either of them for each item of a file. */
async function workOf(
  context: CliContext,
  { goal, plan: file, batchUrl: url, agent: name }: CreateFlags,
): Promise<Pick<ScheduleRequest, 'run' | 'plan' | 'batch'>> {
  if ((goal === undefined) === (file === undefined)) {
    throw new CliError(EXIT.usage, 'Give what to start: --goal TEXT or --plan FILE, one of them.');
  }
  const agent = name === undefined ? {} : { agent: name };
  if (goal !== undefined) {
    return url === undefined ? { run: { goal, ...agent } } : { batch: { url, goal, ...agent } };
  }
  const plan = await readPlanFile(file ?? '', context.process);
  const given = { plan, ...agent } as NonNullable<ScheduleRequest['plan']>;
  return url === undefined ? { plan: given } : { batch: { url, ...given } };
}

async function list(context: CliContext): Promise<ExitCode> {
  const schedules = await context.withEngine((connection) => listSchedules(connection));
  if (context.isJson) context.printJson(schedules);
  else if (schedules.length === 0) {
    context.print(
      'No schedules. Make one with: ostinato schedules create NAME --cron "0 2 * * *" --goal "GOAL"',
    );
  } else {
    const { style, process } = context;
    context.print(...scheduleTable(schedules, { style, width: process.width() }));
  }
  return EXIT.worked;
}

/** Does something to a schedule, then shows it. */
function onSchedule<Flags extends object>(
  run: (schedule: Schedule, flags: Flags) => Promise<void>,
) {
  return (
    context: CliContext,
    [scheduleId = '']: readonly (string | undefined)[],
    flags: Flags,
  ): Promise<ExitCode> =>
    context.withEngine(async (connection) => {
      const schedule = scheduleHandle(connection, scheduleId);
      await run(schedule, flags);
      return printSchedule(context, await schedule.describe());
    });
}

function printSchedule(context: CliContext, schedule: ScheduleView): ExitCode {
  if (context.isJson) context.printJson(schedule);
  else context.print(...scheduleLines(schedule, context.style));
  return EXIT.worked;
}

async function remove(
  context: CliContext,
  [scheduleId = '']: readonly (string | undefined)[],
): Promise<ExitCode> {
  await context.withEngine((connection) => scheduleHandle(connection, scheduleId).delete());
  if (context.isJson) context.printJson({ scheduleId, deleted: true });
  else context.print(`Schedule ${scheduleId} is deleted.`);
  return EXIT.worked;
}

function seconds(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('It takes a whole number of seconds.');
}
