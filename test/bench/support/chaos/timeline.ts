import type { Client } from '@temporalio/client';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

/** What happened in a run since a moment, a line an event: what a slow recovery waited for. */
export function timeline(history: History, sinceMs: number): readonly string[] {
  const steps = new Map<string, string>();
  return (history.events ?? []).flatMap((event) => {
    const atMs =
      Number(event.eventTime?.seconds ?? 0) * 1_000 + (event.eventTime?.nanos ?? 0) / 1e6;
    const scheduled = event.activityTaskScheduledEventAttributes;
    const started = event.activityTaskStartedEventAttributes;
    const ended =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes;
    const task = event.workflowTaskStartedEventAttributes;
    if (scheduled) steps.set(String(event.eventId), scheduled.activityType?.name ?? '');
    const of = String((started ?? ended)?.scheduledEventId ?? event.eventId);
    const kind = Object.keys(event)
      .find((key) => key.endsWith('EventAttributes'))
      ?.slice(0, -15);
    const details = [
      ...(steps.has(of) ? [`${steps.get(of)}#${of}`] : []),
      ...(started ? [`attempt ${started.attempt}`, started.lastFailure?.message ?? ''] : []),
      ...(task ? [task.identity ?? ''] : []),
      ...(event.workflowTaskTimedOutEventAttributes
        ? [`time-out ${event.workflowTaskTimedOutEventAttributes.timeoutType}`]
        : []),
    ];
    const line = `${((atMs - sinceMs) / 1_000).toFixed(2).padStart(7)} s  ${kind} ${details.join(' ')}`;
    return [line.trimEnd()];
  });
}
