import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { OstinatoConnection, RunHandle } from '../../client/index.ts';
import {
  describeRun,
  getRun,
  isClientError,
  listRuns,
  runHandle,
  runPlan,
  startAgent,
} from '../../client/index.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { HttpError } from '../http-error.ts';
import {
  listRunsSchema,
  runDetailSchema,
  runId,
  runStartedSchema,
  runSummarySchema,
  startRunSchema,
} from '../schemas/run-schema.ts';
import { connectionFor, tenantOf } from '../tenant-of.ts';
import { runLinks } from './run-links.ts';

const params = z.strictObject({ id: runId });
const tags = ['runs'];

export function registerRuns(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'Start an agent on a goal, or a plan',
        description:
          'A plan is checked first; a wrong one is answered 400 with every problem. ' +
          'With an `Idempotency-Key` header, or a `runId`, the same request again is the same run.',
        headers: z.looseObject({ 'idempotency-key': idempotencyKey.optional() }),
        body: startRunSchema,
        response: { 202: runStartedSchema, ...errorAnswers(400, 409, 422, 503) },
      },
    },
    async (request, reply) => {
      const connection = connectionFor(request, deps.connection);
      const run = await start(deps, connection, request, request.body);
      const links = runLinks(deps, connection, run);
      return reply
        .code(202)
        .header('location', links.self)
        .send({ runId: run.runId, workflowId: run.workflowId, links });
    },
  );
  api.get(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'Runs, newest first',
        querystring: listRunsSchema,
        response: { 200: z.object({ runs: z.array(runSummarySchema) }), ...errorAnswers(400, 503) },
      },
    },
    async (request) => {
      const { status, agent, limit } = request.query;
      const runs = await listRuns(connectionFor(request, deps.connection), {
        limit,
        ...(status === undefined ? {} : { status }),
        ...(agent === undefined ? {} : { agent }),
      });
      return { runs: [...runs] };
    },
  );
  api.get(
    '/v1/runs/:id',
    {
      schema: {
        tags,
        summary: 'A run: how it stands or ended, with every step',
        params,
        response: { 200: runDetailSchema, ...errorAnswers(404, 503) },
      },
    },
    async (request) => {
      const connection = connectionFor(request, deps.connection);
      const run = await getRun(connection, request.params.id);
      return { ...run, links: runLinks(deps, connection, run) };
    },
  );
  registerCancel(api, deps);
}

function registerCancel(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/runs/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Ask a run to end',
        description: 'Tools in flight are told to stop; the result says what was done.',
        params,
        body: z.strictObject({ reason: z.string().trim().min(1).max(500).optional() }).nullish(),
        response: {
          202: z.object({ runId: z.string(), accepted: z.boolean() }),
          ...errorAnswers(404, 409, 503),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const connection = connectionFor(request, deps.connection);
      const reason = request.body?.reason ?? 'Cancelled through the API.';
      await runHandle(connection, id).cancel(reason);
      return reply.code(202).send({ runId: id, accepted: true });
    },
  );
}

const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'takes 1 to 255 printable characters without spaces');

/**
 * A start that may be repeated must be the same request each time, so it carries the plan as it
 * was written; the checked one changes with the registry.
 */
async function start(
  deps: ResolvedApiDeps,
  connection: OstinatoConnection,
  request: FastifyRequest,
  body: z.output<typeof startRunSchema>,
): Promise<RunHandle<unknown>> {
  const key = request.headers['idempotency-key'];
  if (key !== undefined && body.runId !== undefined) {
    throw new HttpError(400, 'BadInput', 'Give "runId" or the Idempotency-Key header, not both.');
  }
  const { goal, plan, conversationId, headVersion, ...common } = body;
  const id = key === undefined ? common.runId : runIdOf(connection, String(key));
  const named = { ...common, runId: id };
  try {
    if (goal !== undefined) {
      return await startAgent(connection, { ...named, goal, conversationId, headVersion });
    }
    if (plan === undefined) throw new HttpError(400, 'BadInput', 'Give "goal" or "plan".');
    if (id !== undefined && (await exists(connection, id))) {
      return await runPlan(connection, { ...named, plan });
    }
    const checked = await deps.plans.check(tenantOf(request).tenantId, plan);
    return await runPlan(connection, { ...named, plan }, id === undefined ? checked : null);
  } catch (error) {
    if (key === undefined || !isClientError(error) || error.code !== 'conflict') throw error;
    throw new HttpError(
      422,
      'IdempotencyKeyReused',
      'This Idempotency-Key was used for another request. Use a new key for a new run.',
    );
  }
}

function runIdOf(connection: OstinatoConnection, key: string): string {
  const digest = createHash('sha256').update(`${connection.tenant.tenantId}\n${key}`).digest('hex');
  return `key-${digest.slice(0, 40)}`;
}

async function exists(connection: OstinatoConnection, id: string): Promise<boolean> {
  try {
    await describeRun(connection, id);
    return true;
  } catch (error) {
    if (isClientError(error) && error.code === 'not-found') return false;
    throw error;
  }
}
