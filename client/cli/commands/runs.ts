import type { Command } from 'commander';
import { Option } from 'commander';
import type { RunStatus, RunSummary } from '../../index.ts';
import { getRun, listRuns, runHandle } from '../../index.ts';
import type { Act } from '../act.ts';
import { addRunOrders } from './run-orders.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { follow } from '../follow.ts';
import { helpExamples } from '../help-examples.ts';
import { placesOf } from '../places.ts';
import { formatDuration } from '../view/format-duration.ts';
import { progressLines } from '../view/progress-lines.ts';
import { hasWorked, runEnding } from '../view/run-ending.ts';
import type { Style } from '../view/style.ts';
import { tableLines } from '../view/table.ts';
import { wholeNumber } from '../whole-number.ts';

const STATUS: readonly RunStatus[] = [
  'running',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed-out',
];

export function addRuns(program: Command, act: Act): void {
  const runs = program
    .command('runs')
    .description('Lists, shows, cancels, steers and watches runs.')
    .addHelpText('after', helpExamples('runs list', 'runs watch 01K5XN6M2V7T'));
  runs
    .command('list')
    .description('Lists runs, newest first.')
    .addOption(new Option('--status <status>', 'only these').choices(STATUS))
    .option('--agent <name>', 'only of this agent')
    .option('-n, --limit <n>', 'at most so many', wholeNumber, 20)
    .addHelpText('after', helpExamples('runs list', 'runs list --status running --json'))
    .action(act(list));
  runs
    .command('show')
    .description('Shows a run: its steps, its answer, what ran in parallel.')
    .argument('<run>', 'its id')
    .addHelpText('after', helpExamples('runs show 01K5XN6M2V7T', 'runs show nightly-report --json'))
    .action(act(show));
  runs
    .command('cancel')
    .description('Asks a run to end: tools in flight are told to stop.')
    .argument('<run>', 'its id')
    .option('--reason <text>', 'shown in the result', 'Cancelled from the command line.')
    .addHelpText('after', helpExamples('runs cancel 01K5XN6M2V7T --reason "wrong folder"'))
    .action(act(cancel));
  runs
    .command('watch')
    .description(
      'Shows a run while it goes on.\nCtrl-C stops watching; the run goes on. With --json, each event is a line.',
    )
    .argument('<run>', 'its id')
    .addHelpText(
      'after',
      helpExamples('runs watch 01K5XN6M2V7T', 'runs watch nightly-report --json'),
    )
    .action(act(watch));
  addRunOrders(runs, act);
}

async function list(
  context: CliContext,
  _args: readonly unknown[],
  flags: { readonly status?: RunStatus; readonly agent?: string; readonly limit: number },
): Promise<ExitCode> {
  const { limit, status, agent } = flags;
  const options = {
    limit,
    ...(status === undefined ? {} : { status }),
    ...(agent === undefined ? {} : { agent }),
  };
  const runs = await context.withEngine((connection) => listRuns(connection, options));
  if (context.isJson) context.printJson(runs);
  else if (runs.length === 0) context.print('No runs. Start one with: ostinato run "GOAL"');
  else context.print(...runTable(runs, context));
  return EXIT.worked;
}

function runTable(runs: readonly RunSummary[], context: CliContext): readonly string[] {
  const { style } = context;
  return tableLines(
    runs,
    [
      { title: 'RUN', text: ({ runId }) => runId },
      { title: 'STATE', text: stateOf, paint: (text, run) => paintState(text, run, style) },
      { title: 'STARTED', text: ({ startedAtMs }) => localTime(startedAtMs) },
      { title: 'TOOK', text: tookOf },
      { title: 'WHAT', text: ({ summary, kind }) => summary ?? kind, isFlexible: true },
    ],
    { style, width: context.process.width() },
  );
}

function stateOf({ status, outcome }: RunSummary): string {
  return status === 'completed' || outcome === 'waiting' ? (outcome ?? status) : status;
}

function paintState(text: string, run: RunSummary, style: Style): string {
  const state = stateOf(run);
  if (state === 'answered' || state === 'completed') return style.good(text);
  return state === 'failed' || run.status === 'failed' ? style.bad(text) : style.warn(text);
}

function tookOf({ startedAtMs, endedAtMs }: RunSummary): string {
  return formatDuration((endedAtMs ?? Date.now()) - startedAtMs);
}

function localTime(ms: number): string {
  return new Date(ms).toLocaleString('sv-SE');
}

async function show(
  context: CliContext,
  [runId]: readonly (string | undefined)[],
): Promise<ExitCode> {
  return context.withEngine(async (connection) => {
    const run = await getRun(connection, runId ?? '');
    const links = placesOf(context.services, connection, run);
    if (context.isJson) {
      context.printJson({ ...run, links });
      return EXIT.worked;
    }
    const { style, process } = context;
    const options = { style, width: process.width(), nowMs: Date.now() };
    if (run.summary !== null) context.print(style.dim(run.summary));
    if (run.progress !== null) context.print(...progressLines(run.progress, options));
    context.print(...runEnding(run, links, style));
    return EXIT.worked;
  });
}

async function cancel(
  context: CliContext,
  [runId]: readonly (string | undefined)[],
  flags: { readonly reason: string },
): Promise<ExitCode> {
  await context.withEngine((connection) => runHandle(connection, runId ?? '').cancel(flags.reason));
  if (context.isJson) context.printJson({ runId, accepted: true });
  else context.print(`Run ${runId} was asked to end.`);
  return EXIT.worked;
}

async function watch(
  context: CliContext,
  [given]: readonly (string | undefined)[],
): Promise<ExitCode> {
  const runId = given ?? '';
  const leave = new AbortController();
  const stopListening = context.process.onInterrupt(() => leave.abort());
  const line = (event: unknown): void => context.process.out(`${JSON.stringify(event)}\n`);
  try {
    return await context.withEngine(async (connection) => {
      const ended = await follow(context, connection, runId, {
        signal: leave.signal,
        ...(context.isJson ? { onEvent: line } : {}),
      });
      if (ended === null) {
        context.process.err(`Run ${runId} goes on.\n`);
        return EXIT.worked;
      }
      const links = placesOf(context.services, connection, ended);
      if (context.isJson) line({ kind: 'ended', run: { ...ended, links } });
      else context.print(...runEnding(ended, links, context.style));
      return hasWorked(ended) ? EXIT.worked : EXIT.failed;
    });
  } finally {
    stopListening();
  }
}
