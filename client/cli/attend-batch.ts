import type { BatchAnswer } from './api-types.ts';
import type { CliContext } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { followBatch } from './follow-batch.ts';
import { batchEnding } from './view/batch-lines.ts';

/** Where the API has a batch. */
export function batchPath(batchId: string): string {
  return `/v1/batches/${encodeURIComponent(batchId)}`;
}

/** Says how to find a batch that goes on by itself. */
export function leaveBatch(context: CliContext, batchId: string): ExitCode {
  if (context.isJson) context.printJson({ batchId });
  else {
    context.print(`Batch ${batchId}`, `Follow it with "ostinato batch watch ${batchId}".`);
  }
  return EXIT.worked;
}

/** Shows a batch until it ends; the first Ctrl-C asks it to, a second one leaves it. */
export async function attendBatch(context: CliContext, batchId: string): Promise<ExitCode> {
  const leave = new AbortController();
  let interrupts = 0;
  const say = (line: string): void => context.process.err(`\n${line}\n`);
  const stopListening = context.process.onInterrupt(() => {
    interrupts += 1;
    if (interrupts > 1) return leave.abort();
    say('Asking the batch to end. Ctrl-C again leaves it running.');
    const reason = { reason: 'Cancelled from the terminal.' };
    context.api
      .send('POST', `${batchPath(batchId)}/cancel`, reason)
      .catch((error: unknown) => say((error as Error).message));
  });
  try {
    const ended = await followBatch(context, batchId, { signal: leave.signal });
    if (ended === null) {
      say(`Left it to itself. Follow it with "ostinato batch watch ${batchId}".`);
      return EXIT.failed;
    }
    return printBatchEnd(context, ended);
  } finally {
    stopListening();
  }
}

export function printBatchEnd(context: CliContext, batch: BatchAnswer): ExitCode {
  if (context.isJson) context.printJson(batch);
  else context.print(...batchEnding(batch, context.style));
  return batch.state === 'completed' ? EXIT.worked : EXIT.failed;
}
