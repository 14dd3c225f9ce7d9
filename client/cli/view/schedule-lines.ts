import type { ScheduleSummaryView, ScheduleView } from '../../index.ts';
import { oneLine } from './clean-text.ts';
import { formatDuration } from './format-duration.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

const SHOWN = 3;

/** A schedule for people: when, what, what came of it. */
export function scheduleLines(schedule: ScheduleView, style: Style): readonly string[] {
  const { note, nextAtMs, recent, running } = schedule;
  const next = nextAtMs.slice(0, SHOWN).map(localTime).join(', ');
  return [
    `Schedule     ${schedule.scheduleId}${schedule.paused ? style.warn('  paused') : ''}`,
    `Starts       ${schedule.kind} ${oneLine(schedule.summary, 200)}`,
    `When         ${schedule.cron} (${schedule.timeZone})${schedule.jitterMs > 0 ? `, put off by up to ${formatDuration(schedule.jitterMs)}` : ''}`,
    `Overlap      ${schedule.overlap}`,
    ...(note === null ? [] : [`Note         ${oneLine(note, 200)}`]),
    `Next         ${schedule.paused ? 'when it is resumed' : next === '' ? 'never: the line names no time' : next}`,
    `So far       ${schedule.startsMade} started, ${schedule.startsSkipped} left out by overlap, ${schedule.startsMissed} missed`,
    ...(running.length === 0 ? [] : [`Running      ${running.join(', ')}`]),
    ...recent
      .slice(-SHOWN)
      .map(({ id, startedAtMs }) => `Started      ${localTime(startedAtMs)}  ${id}`),
  ];
}

export function scheduleTable(
  schedules: readonly ScheduleSummaryView[],
  options: { readonly style: Style; readonly width: number },
): readonly string[] {
  const { style } = options;
  return tableLines(
    schedules,
    [
      { title: 'SCHEDULE', text: ({ scheduleId }) => scheduleId },
      { title: 'WHEN', text: ({ cron }) => cron },
      { title: 'ZONE', text: ({ timeZone }) => timeZone },
      {
        title: 'NEXT',
        text: ({ paused, nextAtMs: [next] }) =>
          paused ? 'paused' : next === undefined ? 'never' : localTime(next),
        paint: (text, { paused }) => (paused ? style.warn(text) : text),
      },
      { title: 'STARTS', text: ({ kind }) => kind },
      { title: 'WHAT', text: ({ summary }) => summary, isFlexible: true },
    ],
    options,
  );
}

function localTime(ms: number): string {
  return new Date(ms).toLocaleString('sv-SE');
}
