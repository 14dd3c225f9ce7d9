import type { Command } from 'commander';
import { Option } from 'commander';
import type { Act } from '../act.ts';
import type { BatchAnswer, BatchSummaryAnswer } from '../api-types.ts';
import { attendBatch, batchPath, leaveBatch, printBatchEnd } from '../attend-batch.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { followBatch } from '../follow-batch.ts';
import { helpExamples } from '../help-examples.ts';
import { batchEnding, batchTable } from '../view/batch-lines.ts';
import { wholeNumber } from '../whole-number.ts';
import { addBatchRun } from './batch-run.ts';

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
  const batch = await context.api.get<BatchAnswer>(batchPath(batchId));
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
    return printBatchEnd(context, ended);
  } finally {
    stopListening();
  }
}

async function cancel(
  context: CliContext,
  [batchId = '']: readonly (string | undefined)[],
  { reason }: { readonly reason: string },
): Promise<ExitCode> {
  await context.api.send('POST', `${batchPath(batchId)}/cancel`, { reason });
  if (context.isJson) context.printJson({ batchId, accepted: true });
  else context.print(`Batch ${batchId} was asked to end.`);
  return EXIT.worked;
}

async function resume(
  context: CliContext,
  [batchId = '']: readonly (string | undefined)[],
  { detach }: { readonly detach?: boolean },
): Promise<ExitCode> {
  await context.api.send('POST', `${batchPath(batchId)}/resume`);
  return detach === true ? leaveBatch(context, batchId) : attendBatch(context, batchId);
}

async function results(
  context: CliContext,
  [batchId = '']: readonly (string | undefined)[],
  { state }: { readonly state?: string },
): Promise<ExitCode> {
  const query = state === undefined ? '' : `?state=${state}`;
  const lines = await context.api.stream(`${batchPath(batchId)}/results${query}`);
  const decoder = new TextDecoder();
  for await (const chunk of lines) context.process.out(decoder.decode(chunk, { stream: true }));
  return EXIT.worked;
}
