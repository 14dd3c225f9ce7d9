import { z } from 'zod';
import { createSchedule, listSchedules, scheduleHandle } from '../../client/index.ts';
import type { Schedule, ScheduleRequest } from '../../client/index.ts';
import { plainName } from '../../client/plain-name.ts';
import { backfillSchema, scheduleRequestSchema } from '../../client/schedule-request.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { scheduleSchema, scheduleSummarySchema } from '../schemas/schedule-schema.ts';
import { connectionFor, tenantOf } from '../tenant-of.ts';

const params = z.strictObject({ id: plainName });
const tags = ['schedules'];
const noteBody = z.strictObject({ note: z.string().max(500).optional() }).nullish();

export function registerSchedules(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/schedules',
    {
      schema: {
        tags,
        summary: 'Let Temporal start an agent, a plan or a batch by the clock',
        description:
          'With a cron line in a time zone; `overlap` says what happens when a start falls due while the one before goes on. A plan is checked first, and again at each start.',
        body: scheduleRequestSchema,
        response: { 201: scheduleSchema, ...errorAnswers(400, 409, 503) },
      },
    },
    async (request, reply) => {
      const { plan } = request.body;
      if (plan !== undefined) await deps.plans.check(tenantOf(request).tenantId, plan.plan);
      const connection = connectionFor(request, deps.connection);
      const schedule = await createSchedule(connection, request.body as ScheduleRequest);
      return reply
        .code(201)
        .header('location', `/v1/schedules/${schedule.scheduleId}`)
        .send(await schedule.describe());
    },
  );
  api.get(
    '/v1/schedules',
    {
      schema: {
        tags,
        summary: 'Schedules, by name',
        description: 'A new one shows up after a moment.',
        response: {
          200: z.object({ schedules: z.array(scheduleSummarySchema) }),
          ...errorAnswers(503),
        },
      },
    },
    async (request) => ({
      schedules: [...(await listSchedules(connectionFor(request, deps.connection)))],
    }),
  );
  registerOne(api, deps);
  registerActions(api, deps);
}

function registerOne(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/schedules/:id',
    {
      schema: {
        tags,
        summary: 'A schedule: when it starts next, and what it started',
        params,
        response: { 200: scheduleSchema, ...errorAnswers(404, 503) },
      },
    },
    async (request) =>
      scheduleHandle(connectionFor(request, deps.connection), request.params.id).describe(),
  );
  api.delete(
    '/v1/schedules/:id',
    {
      schema: {
        tags,
        summary: 'Remove a schedule',
        description: 'What it has started goes on.',
        params,
        response: { 204: z.null(), ...errorAnswers(404, 503) },
      },
    },
    async (request, reply) => {
      await scheduleHandle(connectionFor(request, deps.connection), request.params.id).delete();
      return reply.code(204).send(null);
    },
  );
}

function registerActions(api: Api, deps: ResolvedApiDeps): void {
  const act = <Body>(
    action: string,
    summary: string,
    body: z.ZodType<Body>,
    run: (schedule: Schedule, body: Body) => Promise<void>,
  ): void => {
    api.post(
      `/v1/schedules/:id/${action}`,
      {
        schema: {
          tags,
          summary,
          params,
          body,
          response: { 200: scheduleSchema, ...errorAnswers(400, 404, 503) },
        },
      },
      async (request) => {
        const connection = connectionFor(request, deps.connection);
        const schedule = scheduleHandle(connection, request.params.id);
        await run(schedule, request.body as Body);
        return schedule.describe();
      },
    );
  };
  const nothing = z.strictObject({}).nullish();
  act('trigger', 'Start once now, besides the clock', nothing, (schedule) => schedule.trigger());
  act('pause', 'Let it start nothing until it is resumed', noteBody, (schedule, body) =>
    schedule.pause(body?.note),
  );
  act('resume', 'Let it start again', noteBody, (schedule, body) => schedule.resume(body?.note));
  act('backfill', 'Make up for the starts of a span of time', backfillSchema, (schedule, body) =>
    schedule.backfill(body),
  );
}
