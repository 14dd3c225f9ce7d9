import type { BatchAnswer, BatchSummaryAnswer } from '../api-types.ts';
import { oneLine } from './clean-text.ts';
import { formatDuration } from './format-duration.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

/** `1,204 of 10,000 done, 3 failed, 220/s, 40 s left`. */
export function batchProgressLine(batch: BatchAnswer, nowMs: number): string {
  const { counts, total } = batch;
  if (total === null || batch.state === 'collecting') return 'Reading the items';
  const ended = counts.done + counts.failed + counts.cancelled;
  const seconds = Math.max(0.001, (nowMs - batch.createdAtMs) / 1000);
  const perSecond = ended / seconds;
  const parts = [
    `${number(counts.done)} of ${number(total)} done`,
    ...(counts.failed > 0 ? [`${number(counts.failed)} failed`] : []),
    ...(counts.cancelled > 0 ? [`${number(counts.cancelled)} cancelled`] : []),
  ];
  if (batch.state !== 'running' || ended === 0) return parts.join(', ');
  const leftMs = (counts.waiting / perSecond) * 1000;
  const rate = perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1);
  return [...parts, `${rate}/s`, `${formatDuration(leftMs)} left`].join(', ');
}

/** How a batch ended, or stands: its counts, what failed and where to look. */
export function batchEnding(batch: BatchAnswer, style: Style): readonly string[] {
  const tookMs = (batch.endedAtMs ?? Date.now()) - batch.createdAtMs;
  return [
    headline(batch, style),
    ...batch.problems.map(
      ({ type, items, firstIndex, example }) =>
        `  ${number(items)} x ${type}, first item ${firstIndex}: ${oneLine(example, 300)}`,
    ),
    `Batch        ${batch.batchId}`,
    `Time         ${formatDuration(tookMs)}`,
    ...(batch.links.temporalUi === null
      ? []
      : [`Temporal UI  ${style.link(batch.links.temporalUi)}`]),
    `Results      ostinato batch results ${batch.batchId}`,
    ...(batch.state === 'partial' || batch.state === 'failed' || batch.state === 'cancelled'
      ? [`Again        ostinato batch resume ${batch.batchId}`]
      : []),
  ];
}

function headline(batch: BatchAnswer, style: Style): string {
  const counts = batchProgressLine(batch, Date.now());
  switch (batch.state) {
    case 'completed':
      return `${style.good('Completed.')} ${counts}`;
    case 'partial':
      return `${style.warn('Partly done.')} ${counts}`;
    case 'failed':
      return `${style.bad('Failed.')} ${counts}${batch.counts.done === 0 && batch.reason !== null ? `. ${oneLine(batch.reason, 600)}` : ''}`;
    case 'cancelled':
      return `${style.warn('Cancelled.')} ${counts}. ${oneLine(batch.reason ?? '', 300)}`;
    case 'running':
    case 'collecting':
      return counts;
  }
}

export function batchTable(
  batches: readonly BatchSummaryAnswer[],
  options: { readonly style: Style; readonly width: number },
): readonly string[] {
  const { style } = options;
  return tableLines(
    batches,
    [
      { title: 'BATCH', text: ({ batchId }) => batchId },
      {
        title: 'STATE',
        text: ({ state }) => state,
        paint: (text, { state }) =>
          state === 'completed'
            ? style.good(text)
            : state === 'failed'
              ? style.bad(text)
              : style.warn(text),
      },
      { title: 'ITEMS', text: ({ total }) => (total === null ? '' : number(total)) },
      {
        title: 'STARTED',
        text: ({ createdAtMs }) => new Date(createdAtMs).toLocaleString('sv-SE'),
      },
      {
        title: 'TOOK',
        text: ({ createdAtMs, endedAtMs }) =>
          formatDuration((endedAtMs ?? Date.now()) - createdAtMs),
      },
      { title: 'WHAT', text: ({ summary }) => summary, isFlexible: true },
    ],
    options,
  );
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
