import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { Act } from '../act.ts';
import type { BatchAnswer, BatchSummaryAnswer } from '../api-types.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { followBatch } from '../follow-batch.ts';
import { helpExamples } from '../help-examples.ts';
import { unreadableInput } from '../read-input-file.ts';
import { readPlanFile } from '../read-plan-file.ts';
import { batchEnding, batchTable } from '../view/batch-lines.ts';
import { wholeNumber } from '../whole-number.ts';

interface RunFlags {
  readonly goal?: string;
  readonly plan?: string;
  readonly agent?: string;
  readonly id?: string;
  readonly concurrency?: number;
  readonly rate?: number;
  readonly mode?: 'light' | 'runs';
  readonly timeout?: number;
  readonly detach?: boolean;
}

export function addBatch(program: Command, act: Act): void {
  const batch = program
    .command('batch')
    .description('Runs an agent or a plan for each line of a JSONL file.')
    .addHelpText(
      'after',
      helpExamples('batch run items.jsonl --plan plan.yaml', 'batch watch nightly'),
    );
  addBatchRun(batch, act);
  batch
    .command('list')
    .description('Lists batches, newest first.')
    .option('-n, --limit <n>', 'at most so many', wholeNumber, 20)
    .addHelpText('after', helpExamples('batch list', 'batch list -n 5 --json'))
    .action(act(list));
  batch
    .command('show')
    .description('Shows how a batch stands, and what failed.')
    .argument('<batch>', 'its id')
    .addHelpText('after', helpExamples('batch show nightly', 'batch show nightly --json'))
    .action(act(show));
  batch
    .command('watch')
    .description(
      'Shows a batch while it goes on.\nCtrl-C stops watching; the batch goes on. With --json, each change is a line.',
    )
    .argument('<batch>', 'its id')
    .addHelpText('after', helpExamples('batch watch nightly', 'batch watch nightly --json'))
    .action(act(watch));
  batch
    .command('cancel')
    .description('Asks a batch to end: tools in flight are told to stop.')
    .argument('<batch>', 'its id')
    .option('--reason <text>', 'shown in the report', 'Cancelled from the command line.')
    .addHelpText('after', helpExamples('batch cancel nightly --reason "wrong file"'))
    .action(act(cancel));
  batch
    .command('resume')
    .description('Runs what failed or was cancelled once more; what is done stays done.')
    .argument('<batch>', 'its id')
    .option('-d, --detach', 'start it and return')
    .addHelpText('after', helpExamples('batch resume nightly'))
    .action(act(resume));
  batch
    .command('results')
    .description('Prints the results as JSONL, in the order of the file.')
    .argument('<batch>', 'its id')
    .addOption(
      new Option('--state <state>', 'only these').choices([
        'done',
        'failed',
        'cancelled',
        'waiting',
      ]),
    )
    .addHelpText(
      'after',
      helpExamples('batch results nightly > results.jsonl', 'batch results nightly --state failed'),
    )
    .action(act(results));
}

function addBatchRun(batch: Command, act: Act): void {
  batch
    .command('run')
    .description(
      'Starts a batch and shows it while it goes on. A broken line is an item that failed; the rest runs.\nIn the goal, or in the arguments of the plan, ${item.name} is a value of the item.\nCtrl-C asks the batch to end; a second Ctrl-C leaves it running.',
    )
    .argument('<items>', 'a JSONL file, "-" for standard input, or an http(s) address')
    .option('-g, --goal <goal>', 'what an agent does for each item')
    .option('-p, --plan <file>', 'the plan that runs for each item (YAML or JSON)')
    .option('--agent <name>', 'name of the batch, for lists and search')
    .option('--id <id>', 'id of the batch; the same id and settings again is the same batch')
    .option('-c, --concurrency <n>', 'items in flight at once (default 20)', wholeNumber)
    .option('--rate <n>', 'items started a second, at most', aboveZero)
    .addOption(
      new Option('--mode <mode>', 'light: many items an activity; runs: a run an item').choices([
        'light',
        'runs',
      ]),
    )
    .option('--timeout <seconds>', 'wall time of each item', wholeNumber)
    .option('-d, --detach', 'start it and return')
    .addHelpText(
      'after',
      helpExamples(
        'batch run files.jsonl --goal "Summarise ${item.path}"',
        'batch run orders.jsonl --plan order.yaml --concurrency 50 --rate 20',
        'batch run https://example.com/orders.jsonl --plan order.yaml --id nightly --detach',
      ),
    )
    .action(act(run));
}

async function run(
  context: CliContext,
  [items = '']: readonly (string | undefined)[],
  flags: RunFlags,
): Promise<ExitCode> {
  if ((flags.goal === undefined) === (flags.plan === undefined)) {
    throw new CliError(
      EXIT.usage,
      'Give what to do for each item: --goal TEXT or --plan FILE, one of them.',
    );
  }
  if (items === '-' && flags.plan === '-') {
    throw new CliError(EXIT.usage, 'Items and plan cannot both come from standard input.');
  }
  const isUrl = /^https?:\/\//.test(items);
  const readStdin = (): Promise<string> => context.process.readStdin();
  if (!isUrl && items !== '-') await assertReadable(items);
  const started = await context.api.send<{ batchId: string; links: { items: string } }>(
    'POST',
    '/v1/batches',
    {
      ...(flags.goal === undefined ? {} : { goal: flags.goal }),
      ...(flags.plan === undefined ? {} : { plan: await readPlanFile(flags.plan, readStdin) }),
      ...(isUrl ? { url: items } : {}),
      ...(flags.agent === undefined ? {} : { agent: flags.agent }),
      ...(flags.id === undefined ? {} : { batchId: flags.id }),
      ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
      ...(flags.rate === undefined ? {} : { ratePerSecond: flags.rate }),
      ...(flags.mode === undefined ? {} : { mode: flags.mode }),
      ...(flags.timeout === undefined ? {} : { limits: { maxWallMs: flags.timeout * 1_000 } }),
    },
  );
  if (!isUrl) {
    const lines = items === '-' ? [Buffer.from(await readStdin())] : createReadStream(items);
    await context.api.putLines(started.links.items, toAsync(lines));
  }
  return flags.detach === true
    ? detached(context, started.batchId)
    : attended(context, started.batchId);
}

async function* toAsync(
  lines: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* lines;
}

async function assertReadable(path: string): Promise<void> {
  await access(path).catch((error: unknown) => {
    throw unreadableInput(path, error, 'The items in ');
  });
}

function detached(context: CliContext, batchId: string): ExitCode {
  if (context.isJson) context.printJson({ batchId });
  else {
    context.print(`Batch ${batchId}`, `Follow it with "ostinato batch watch ${batchId}".`);
  }
  return EXIT.worked;
}

async function attended(context: CliContext, batchId: string): Promise<ExitCode> {
  const leave = new AbortController();
  let interrupts = 0;
  const say = (line: string): void => context.process.err(`\n${line}\n`);
  const stopListening = context.process.onInterrupt(() => {
    interrupts += 1;
    if (interrupts > 1) return leave.abort();
    say('Asking the batch to end. Ctrl-C again leaves it running.');
    const reason = { reason: 'Cancelled from the terminal.' };
    context.api
      .send('POST', `${path(batchId)}/cancel`, reason)
      .catch((error: unknown) => say((error as Error).message));
  });
  try {
    const ended = await followBatch(context, batchId, { signal: leave.signal });
    if (ended === null) {
      say(`Left it to itself. Follow it with "ostinato batch watch ${batchId}".`);
      return EXIT.failed;
    }
    return printEnd(context, ended);
  } finally {
    stopListening();
  }
}

function printEnd(context: CliContext, batch: BatchAnswer): ExitCode {
  if (context.isJson) context.printJson(batch);
  else context.print(...batchEnding(batch, context.style));
  return batch.state === 'completed' ? EXIT.worked : EXIT.failed;
}

async function list(
  context: CliContext,
  _args: readonly unknown[],
  { limit }: { readonly limit: number },
): Promise<ExitCode> {
  const { batches } = await context.api.get<{ batches: readonly BatchSummaryAnswer[] }>(
    '/v1/batches',
    { limit: String(limit) },
  );
  if (context.isJson) context.printJson(batches);
  else if (batches.length === 0) {
    context.print('No batches. Start one with: ostinato batch run ITEMS.jsonl --plan FILE');
  } else {
    const { style, process } = context;
    context.print(...batchTable(batches, { style, width: process.width() }));
  }
  return EXIT.worked;
}

async function show(
  context: CliContext,
  [batchId = '']: readonly (string | undefined)[],
): Promise<ExitCode> {
  const batch = await context.api.get<BatchAnswer>(path(batchId));
  if (context.isJson) context.printJson(batch);
  else context.print(...batchEnding(batch, context.style));
  return EXIT.worked;
}

async function watch(
  context: CliContext,
  [batchId = '']: readonly (string | undefined)[],
): Promise<ExitCode> {
  const leave = new AbortController();
  const stopListening = context.process.onInterrupt(() => leave.abort());
  const onEvent = (batch: BatchAnswer): void =>
    context.process.out(`${JSON.stringify({ kind: 'batch', batch })}\n`);
  try {
    const ended = await followBatch(context, batchId, {
      signal: leave.signal,
      ...(context.isJson ? { onEvent } : {}),
    });
    if (ended === null) {
      context.process.err(`\nBatch ${batchId} goes on.\n`);
      return EXIT.worked;
    }
    if (context.isJson) return ended.state === 'completed' ? EXIT.worked : EXIT.failed;
    return printEnd(context, ended);
  } finally {
    stopListening();
  }
}

async function cancel(
  context: CliContext,
  [batchId = '']: readonly (string | undefined)[],
  { reason }: { readonly reason: string },
): Promise<ExitCode> {
  await context.api.send('POST', `${path(batchId)}/cancel`, { reason });
  if (context.isJson) context.printJson({ batchId, accepted: true });
  else context.print(`Batch ${batchId} was asked to end.`);
  return EXIT.worked;
}

async function resume(
  context: CliContext,
  [batchId = '']: readonly (string | undefined)[],
  { detach }: { readonly detach?: boolean },
): Promise<ExitCode> {
  await context.api.send('POST', `${path(batchId)}/resume`);
  return detach === true ? detached(context, batchId) : attended(context, batchId);
}

async function results(
  context: CliContext,
  [batchId = '']: readonly (string | undefined)[],
  { state }: { readonly state?: string },
): Promise<ExitCode> {
  const query = state === undefined ? '' : `?state=${state}`;
  const lines = await context.api.stream(`${path(batchId)}/results${query}`);
  const decoder = new TextDecoder();
  for await (const chunk of lines) context.process.out(decoder.decode(chunk, { stream: true }));
  return EXIT.worked;
}

function path(batchId: string): string {
  return `/v1/batches/${encodeURIComponent(batchId)}`;
}

function aboveZero(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It takes a number above 0.');
}
