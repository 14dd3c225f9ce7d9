import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { whyUnreadable } from '../../../common/why-unreadable.ts';
import type { Act } from '../act.ts';
import { attendBatch, leaveBatch } from '../attend-batch.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { unreadableInput } from '../read-input-text.ts';
import { readPlanFile } from '../read-plan-file.ts';
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

export function addBatchRun(batch: Command, act: Act): void {
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
  const lines = isUrl ? null : await openItems(items, context);
  const started = await context.api.send<{ batchId: string; links: { items: string } }>(
    'POST',
    '/v1/batches',
    {
      ...(flags.goal === undefined ? {} : { goal: flags.goal }),
      ...(flags.plan === undefined
        ? {}
        : { plan: await readPlanFile(flags.plan, context.process) }),
      ...(isUrl ? { url: items } : {}),
      ...(flags.agent === undefined ? {} : { agent: flags.agent }),
      ...(flags.id === undefined ? {} : { batchId: flags.id }),
      ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
      ...(flags.rate === undefined ? {} : { ratePerSecond: flags.rate }),
      ...(flags.mode === undefined ? {} : { mode: flags.mode }),
      ...(flags.timeout === undefined ? {} : { limits: { maxWallMs: flags.timeout * 1_000 } }),
    },
  );
  if (lines !== null) await upload(context, started, lines);
  return flags.detach === true
    ? leaveBatch(context, started.batchId)
    : attendBatch(context, started.batchId);
}

/** Before the batch is made: one without items would wait for them for good. */
async function openItems(path: string, context: CliContext): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') return context.process.stdin();
  const file = await open(path)
    .then(async (handle) => {
      if (!(await handle.stat()).isDirectory()) return handle;
      await handle.close();
      throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    })
    .catch((error: unknown) => {
      throw unreadableInput(path, whyUnreadable(error), 'The items in ');
    });
  return file.createReadStream();
}

/** A batch whose items do not come is ended, so that none is left that waits for them. */
async function upload(
  context: CliContext,
  { batchId, links }: { readonly batchId: string; readonly links: { readonly items: string } },
  lines: AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    await context.api.putLines(links.items, lines);
  } catch (error) {
    const reason = 'Its items did not come.';
    await context.api
      .send('POST', `/v1/batches/${batchId}/cancel`, { reason })
      .catch(() => undefined);
    throw error;
  }
}

function aboveZero(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It takes a number above 0.');
}
