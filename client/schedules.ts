import type { ScheduleDescription, ScheduleHandle, ScheduleSummary } from '@temporalio/client';
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { describeFailure } from '../common/describe-failure.ts';
import { SEARCH_ATTRIBUTE } from '../common/names.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import { parseRequest } from './requests.ts';
import type { ScheduleMemo } from './schedule-action.ts';
import { scheduleAction } from './schedule-action.ts';
import type { BackfillRequest, Overlap, ScheduleRequest } from './schedule-request.ts';
import { backfillSchema, OVERLAP, scheduleRequestSchema } from './schedule-request.ts';
import { runAttributes } from './start-run.ts';

/** A schedule as lists show it. Times are ms since the epoch. */
export interface ScheduleSummaryView extends ScheduleMemo {
  readonly scheduleId: string;
  readonly paused: boolean;
  readonly note: string | null;
  /** The next starts, at most ten; empty where there are none. */
  readonly nextAtMs: readonly number[];
  /** The latest starts, oldest first, by the id of what was started. */
  readonly recent: readonly ScheduledStart[];
}

export interface ScheduledStart {
  /** Of the run, or of the batch. */
  readonly id: string;
  readonly dueAtMs: number;
  readonly startedAtMs: number;
}

export interface ScheduleView extends ScheduleSummaryView {
  readonly overlap: Overlap;
  readonly jitterMs: number;
  readonly catchupWindowMs: number;
  readonly startsMade: number;
  /** Starts that fell due too long before Temporal was back. */
  readonly startsMissed: number;
  /** Starts left out since the one before still went on. */
  readonly startsSkipped: number;
  /** Ids of what goes on now. */
  readonly running: readonly string[];
}

/** Something that Temporal starts by the clock. */
export interface Schedule {
  readonly scheduleId: string;
  describe(): Promise<ScheduleView>;
  /** Starts once now, besides the clock. */
  trigger(): Promise<void>;
  pause(note?: string): Promise<void>;
  resume(note?: string): Promise<void>;
  /** Makes up for the starts that fall into a span of time. @throws ClientError (`bad-input`) */
  backfill(request: BackfillRequest): Promise<void>;
  delete(): Promise<void>;
}

const MAX_NEXT = 10;

/**
 * Lets Temporal start an agent, a plan or a batch by the clock.
 * @throws ClientError (`bad-input`, naming the field and its value; `conflict`; `unavailable`)
 */
export async function createSchedule(
  connection: OstinatoConnection,
  request: ScheduleRequest,
): Promise<Schedule> {
  const parsed = parseRequest(scheduleRequestSchema, request);
  const { scheduleId, cron, timeZone, jitterMs, catchupWindowMs, paused, note } = parsed;
  const { action, memo } = scheduleAction(connection, parsed);
  try {
    await connection.temporal.schedule.create({
      scheduleId: temporalId(connection, scheduleId),
      spec: {
        cronExpressions: [cron],
        ...(timeZone === undefined ? {} : { timezone: timeZone }),
        ...(jitterMs === undefined ? {} : { jitter: jitterMs }),
      },
      policies: {
        overlap: toPolicy(parsed.overlap ?? 'skip'),
        ...(catchupWindowMs === undefined ? {} : { catchupWindow: catchupWindowMs }),
      },
      state: { paused: paused ?? false, ...(note === undefined ? {} : { note }) },
      memo: { ...memo },
      typedSearchAttributes: runAttributes(connection, memo.agent),
      action,
    });
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) {
      const why = `There is a schedule "${scheduleId}" already. Delete it, or choose another name.`;
      throw new ClientError('conflict', why, error);
    }
    const why = describeFailure(error);
    const code = /invalid|cron|time ?zone/i.test(why) ? 'bad-input' : 'unavailable';
    throw new ClientError(code, `Schedule "${scheduleId}" was not made: ${why}`, error);
  }
  return scheduleHandle(connection, scheduleId);
}

/** A handle on a schedule by its name; says nothing about whether it exists. */
export function scheduleHandle(connection: OstinatoConnection, scheduleId: string): Schedule {
  const handle = connection.temporal.schedule.getHandle(temporalId(connection, scheduleId));
  const known = async <Value>(ask: (of: ScheduleHandle) => Promise<Value>): Promise<Value> => {
    try {
      return await ask(handle);
    } catch (error) {
      const missing = error instanceof ScheduleNotFoundError;
      const why = missing
        ? `There is no schedule "${scheduleId}". List them with "ostinato schedules list".`
        : `Schedule "${scheduleId}" cannot be reached: ${describeFailure(error)}`;
      throw new ClientError(missing ? 'not-found' : 'unavailable', why, error);
    }
  };
  return {
    scheduleId,
    describe: () => known(async (of) => toView(connection, await of.describe())),
    trigger: () => known((of) => of.trigger()),
    // Left out, the note would be one of Temporal's SDK; an empty one changes nothing.
    pause: (note = 'Paused') => known((of) => of.pause(note)),
    resume: (note = 'Resumed') => known((of) => of.unpause(note)),
    async backfill(request) {
      const { from, to, overlap } = parseRequest(backfillSchema, request);
      const span = { start: new Date(from), end: new Date(to) };
      const policy = toPolicy(overlap ?? 'buffer-all');
      await known((of) => of.backfill({ ...span, overlap: policy }));
    },
    delete: () => known((of) => of.delete()),
  };
}

/** Schedules of this tenant, by name; a new one shows up after a moment. */
export async function listSchedules(
  connection: OstinatoConnection,
  { limit = 100 }: { readonly limit?: number } = {},
): Promise<readonly ScheduleSummaryView[]> {
  const prefix = temporalId(connection, '');
  const query = `${SEARCH_ATTRIBUTE.tenant} = '${connection.tenant.tenantId.replaceAll("'", "\\'")}'`;
  const found: ScheduleSummaryView[] = [];
  try {
    for await (const each of connection.temporal.schedule.list({ query })) {
      if (each.scheduleId.startsWith(prefix)) found.push(toSummary(connection, each));
      if (found.length >= limit) break;
    }
  } catch (error) {
    const why = `Temporal did not list the schedules: ${describeFailure(error)}`;
    throw new ClientError('unavailable', why, error);
  }
  return found.sort((a, b) => (a.scheduleId < b.scheduleId ? -1 : 1));
}

function toSummary(
  connection: OstinatoConnection,
  {
    scheduleId,
    memo,
    state,
    info,
  }: Pick<ScheduleSummary, 'scheduleId' | 'memo' | 'state' | 'info'>,
): ScheduleSummaryView {
  const known = memo as Partial<ScheduleMemo> | undefined;
  return {
    scheduleId: scheduleId.slice(temporalId(connection, '').length),
    kind: known?.kind ?? 'agent',
    agent: known?.agent ?? 'agent',
    summary: known?.summary ?? '',
    cron: known?.cron ?? '',
    timeZone: known?.timeZone ?? 'UTC',
    paused: state.paused,
    note: state.note === undefined || state.note === '' ? null : state.note,
    nextAtMs: info.nextActionTimes.slice(0, MAX_NEXT).map((at) => at.getTime()),
    recent: info.recentActions.map(({ action, scheduledAt, takenAt }) => ({
      id: idOf(action.workflow.workflowId),
      dueAtMs: scheduledAt.getTime(),
      startedAtMs: takenAt.getTime(),
    })),
  };
}

function toView(connection: OstinatoConnection, described: ScheduleDescription): ScheduleView {
  const { policies, spec, info } = described;
  return {
    ...toSummary(connection, described),
    overlap: toOverlap(policies.overlap),
    jitterMs: spec.jitter ?? 0,
    catchupWindowMs: policies.catchupWindow,
    startsMade: info.numActionsTaken,
    startsMissed: info.numActionsMissedCatchupWindow,
    startsSkipped: info.numActionsSkippedOverlap,
    running: info.runningActions.map(({ workflow }) => idOf(workflow.workflowId)),
  };
}

/** Of a run or a batch, from Temporal's. */
function idOf(workflowId: string): string {
  return workflowId.replace(/^t:.*?:(run|batch):/, '');
}

function toPolicy(overlap: Overlap): ScheduleOverlapPolicy {
  return ScheduleOverlapPolicy[
    overlap.toUpperCase().replaceAll('-', '_') as Exclude<
      keyof typeof ScheduleOverlapPolicy,
      'UNSPECIFIED'
    >
  ];
}

function toOverlap(policy: ScheduleOverlapPolicy): Overlap {
  return OVERLAP.find((each) => toPolicy(each) === policy) ?? 'skip';
}

export function temporalId(connection: OstinatoConnection, scheduleId: string): string {
  return `t:${connection.tenant.tenantId}:schedule:${scheduleId}`;
}
