import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { WORKFLOW } from '../common/names.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { agentInput } from './agent-input.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import { parseRequest, startAgentSchema } from './requests.ts';
import { runAttributes, summaryOfGoal, workflowIdOf } from './start-run.ts';

const scheduleAgentSchema = z.strictObject({
  /** Names the schedule: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  scheduleId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  /** `minute hour day month weekday`, or `@daily` and the like. */
  cron: z.string().min(1),
  /** IANA name. @default 'UTC' */
  timeZone: z.string().min(1).optional(),
  /** What each run does; each run is a conversation of its own. */
  run: startAgentSchema.omit({ runId: true, conversationId: true, headVersion: true }),
});
export type ScheduleAgentRequest = z.input<typeof scheduleAgentSchema>;

/** An agent that Temporal starts by the clock. */
export interface AgentSchedule {
  readonly scheduleId: string;
  /** Starts a run now, besides the clock. */
  trigger(): Promise<void>;
  /** Ids of the latest runs, oldest first. */
  recentRunIds(): Promise<readonly string[]>;
  /** When the next runs start. */
  nextRunsAt(): Promise<readonly Date[]>;
  delete(): Promise<void>;
}

/**
 * Lets Temporal start an agent by the clock; a run that still goes on when its time comes again is
 * not doubled.
 * @throws ClientError (`bad-input` also for a cron line or zone that Temporal does not take)
 */
export async function scheduleAgent(
  connection: OstinatoConnection,
  request: ScheduleAgentRequest,
): Promise<AgentSchedule> {
  const { scheduleId, cron, timeZone, run } = parseRequest(scheduleAgentSchema, request);
  const input = agentInput(connection, run);
  const id = temporalId(connection, scheduleId);
  try {
    await connection.temporal.schedule.create({
      scheduleId: id,
      spec: { cronExpressions: [cron], ...(timeZone === undefined ? {} : { timezone: timeZone }) },
      policies: { overlap: 'SKIP' },
      action: {
        type: 'startWorkflow',
        workflowType: WORKFLOW.runAgent,
        workflowId: workflowIdOf(connection, scheduleId),
        taskQueue: connection.queues.agent,
        args: [input],
        memo: { summary: summaryOfGoal(input.goal) },
        typedSearchAttributes: runAttributes(connection, input.agent),
      },
    });
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) {
      const why = `There is a schedule "${scheduleId}" already. Delete it, or choose another name.`;
      throw new ClientError('bad-input', why, error);
    }
    const why = describeFailure(error);
    const code = /invalid|cron|time ?zone/i.test(why) ? 'bad-input' : 'unavailable';
    throw new ClientError(code, `Schedule "${scheduleId}" was not made: ${why}`, error);
  }
  return agentSchedule(connection, scheduleId);
}

/** A handle on a schedule by its name; says nothing about whether it exists. */
export function agentSchedule(connection: OstinatoConnection, scheduleId: string): AgentSchedule {
  const handle = connection.temporal.schedule.getHandle(temporalId(connection, scheduleId));
  const known = async <Value>(ask: () => Promise<Value>): Promise<Value> => {
    try {
      return await ask();
    } catch (error) {
      const missing = error instanceof ScheduleNotFoundError;
      const why = missing
        ? `There is no schedule "${scheduleId}".`
        : `Schedule "${scheduleId}" cannot be reached: ${describeFailure(error)}`;
      throw new ClientError(missing ? 'not-found' : 'unavailable', why, error);
    }
  };
  return {
    scheduleId,
    trigger: () => known(() => handle.trigger()),
    recentRunIds: () =>
      known(async () => {
        const { info } = await handle.describe();
        return info.recentActions.map(({ action }) =>
          action.workflow.workflowId.slice(workflowIdOf(connection, '').length),
        );
      }),
    nextRunsAt: () => known(async () => (await handle.describe()).info.nextActionTimes),
    delete: () => known(() => handle.delete()),
  };
}

function temporalId(connection: OstinatoConnection, scheduleId: string): string {
  return `t:${connection.tenant.tenantId}:schedule:${scheduleId}`;
}
