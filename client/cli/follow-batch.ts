import { setTimeout as wait } from 'node:timers/promises';
import type { BatchAnswer } from './api-types.ts';
import type { CliContext } from './context.ts';
import { batchProgressLine } from './view/batch-lines.ts';

const EVERY_MS = 500;

/**
 * Shows a batch until it ends. With `--json`, `onEvent` gets each change instead.
 * @returns the ended batch; `null` when `signal` was raised before.
 */
export async function followBatch(
  context: CliContext,
  batchId: string,
  options: { readonly signal: AbortSignal; readonly onEvent?: (batch: BatchAnswer) => void },
): Promise<BatchAnswer | null> {
  const { process, isJson, style } = context;
  let last = '';
  while (!options.signal.aborted) {
    const batch = await context.api.get<BatchAnswer>(`/v1/batches/${encodeURIComponent(batchId)}`);
    const isOpen = batch.state === 'running' || batch.state === 'collecting';
    const seen = JSON.stringify([batch.state, batch.counts]);
    if (seen !== last) {
      options.onEvent?.(batch);
      if (!isJson && isOpen) show(batchProgressLine(batch, Date.now()));
    }
    last = seen;
    if (!isOpen) {
      if (!isJson && process.isTty) process.out('\r\u001b[K');
      return batch;
    }
    await wait(EVERY_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
  return null;

  /** A terminal has one line that changes; a file gets a line for each change. */
  function show(line: string): void {
    process.out(process.isTty ? `\r\u001b[K${style.dim(line)}` : `${line}\n`);
  }
}
