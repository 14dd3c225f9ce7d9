import type { OstinatoConnection } from './connection.ts';
import type { StartAgentRequest } from './requests.ts';
import type { Schedule } from './schedules.ts';
import { createSchedule, scheduleHandle } from './schedules.ts';

export interface ScheduleAgentRequest {
  /** Names the schedule: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  readonly scheduleId: string;
  /** `minute hour day month weekday`, or `@daily` and the like. */
  readonly cron: string;
  /** IANA name. @default 'UTC' */
  readonly timeZone?: string;
  /** What each run does; each run is a conversation of its own. */
  readonly run: Omit<StartAgentRequest, 'runId' | 'conversationId' | 'headVersion'>;
}

/** An agent that Temporal starts by the clock. */
export interface AgentSchedule extends Pick<Schedule, 'scheduleId' | 'trigger' | 'delete'> {
  /** Ids of the latest runs, oldest first. */
  recentRunIds(): Promise<readonly string[]>;
  /** When the next runs start. */
  nextRunsAt(): Promise<readonly Date[]>;
}

/**
 * Lets Temporal start an agent by the clock; a run that still goes on when its time comes again is
 * not doubled. `createSchedule` has more settings.
 * @throws ClientError (`bad-input`, `conflict`, `unavailable`)
 */
export async function scheduleAgent(
  connection: OstinatoConnection,
  request: ScheduleAgentRequest,
): Promise<AgentSchedule> {
  const { scheduleId } = await createSchedule(connection, request);
  return agentSchedule(connection, scheduleId);
}

/** A handle on a schedule by its name; says nothing about whether it exists. */
export function agentSchedule(connection: OstinatoConnection, scheduleId: string): AgentSchedule {
  const schedule = scheduleHandle(connection, scheduleId);
  return {
    scheduleId,
    trigger: () => schedule.trigger(),
    delete: () => schedule.delete(),
    recentRunIds: async () => (await schedule.describe()).recent.map(({ id }) => id),
    nextRunsAt: async () => (await schedule.describe()).nextAtMs.map((at) => new Date(at)),
  };
}
