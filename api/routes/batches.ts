import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { batchRequestSchema, toBatch } from '../../client/batch-request.ts';
import { batchHandle, startBatch } from '../../client/batches.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { isClientError } from '../../client/index.ts';
import { isServiceError } from '../../services/errors.ts';
import { storeItems } from '../../services/batches/store-items.ts';
import type { BatchRecord } from '../../services/batches/batch-record.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { HttpError } from '../http-error.ts';
import {
  batchId,
  batchSchema,
  batchStartedSchema,
  batchSummarySchema,
  listBatchesSchema,
  resultsQuerySchema,
} from '../schemas/batch-schema.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { connectionFor, tenantOf } from '../tenant-of.ts';
import { registerBatchEvents } from './batch-events.ts';
import { batchLinks, batchView, readBatch, resultLine } from './batch-view.ts';

const params = z.strictObject({ id: batchId });
const tags = ['batches'];
/** Largest file of items, bytes. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;
const RESULTS_PAGE = 500;

export function registerBatches(api: Api, deps: ResolvedApiDeps): void {
  registerStart(api, deps);
  registerItems(api, deps);
  registerReads(api, deps);
  registerResults(api, deps);
  registerControl(api, deps);
  registerBatchEvents(api, deps);
}

function registerStart(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/batches',
    {
      schema: {
        tags,
        summary: 'Describe a batch: an agent or a plan for each item of a JSONL file',
        description:
          'With `url` the batch starts at once and reads the file itself; else it starts when the file was put to `links.items`. ' +
          'In "goal" and in the plan\'s arguments, `${item.name}` is a value of the item. ' +
          'With an `Idempotency-Key` header, or a `batchId`, the same request again is the same batch.',
        headers: z.looseObject({ 'idempotency-key': z.string().min(1).max(255).optional() }),
        body: batchRequestSchema,
        response: { 202: batchStartedSchema, ...errorAnswers(400, 409, 422, 503) },
      },
    },
    async (request, reply) => {
      const connection = connectionFor(request, deps.connection);
      const { tenantId } = tenantOf(request);
      const key = request.headers['idempotency-key'];
      const given = toBatch(connection, request.body as Parameters<typeof toBatch>[1]);
      const batch = key === undefined ? given : { ...given, batchId: idOf(tenantId, String(key)) };
      await deps.batchStore.create(tenantId, batch).catch((error: unknown) => {
        throw reused(error, key !== undefined);
      });
      if (batch.source.kind === 'url') await startBatch(connection, { ...batch, round: 1 });
      const { state } = await deps.batchStore.get(tenantId, batch.batchId);
      const links = batchLinks(deps, connection, batch.batchId);
      return reply
        .code(202)
        .header('location', links.self)
        .send({ batchId: batch.batchId, state, links });
    },
  );
}

function registerItems(api: Api, deps: ResolvedApiDeps): void {
  api.put(
    '/v1/batches/:id/items',
    {
      bodyLimit: MAX_FILE_BYTES,
      config: { bodyType: 'application/x-ndjson' },
      schema: {
        tags,
        summary: 'Put the file of items, and start the batch',
        description:
          'The body is JSONL as `content-type: application/x-ndjson`: one JSON value a line, at most 100,000. A line that is no JSON is an item that failed; the others are run.',
        params,
        consumes: ['application/x-ndjson'],
        response: {
          202: z.object({ batchId: z.string(), total: z.number(), broken: z.number() }),
          ...errorAnswers(400, 404, 409, 413, 503),
        },
      },
    },
    async (request, reply) => {
      const record = await read(deps, request);
      const { tenantId } = tenantOf(request);
      const connection = connectionFor(request, deps.connection);
      const isTaken = record.state !== 'collecting' || record.source.kind !== 'stored';
      if (isTaken || (await isStarted(connection, record.batchId))) {
        throw new HttpError(409, 'Conflict', `Batch ${record.batchId} has its items already.`);
      }
      if (request.body === undefined) {
        throw new HttpError(400, 'BadInput', 'The body is missing: send the items as JSONL.');
      }
      const gone = new AbortController();
      request.raw.once('close', () => {
        if (!request.raw.complete) gone.abort(new Error('The upload was broken off.'));
      });
      const total = await storeItems(
        deps.batchStore,
        tenantId,
        record.batchId,
        request.body as AsyncIterable<Uint8Array>,
        gone.signal,
      );
      const { failed: broken } = await deps.batchStore.counts(tenantId, record.batchId);
      await startBatch(connection, record);
      return reply.code(202).send({ batchId: record.batchId, total, broken });
    },
  );
}

function registerReads(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/batches',
    {
      schema: {
        tags,
        summary: 'Batches, newest first',
        querystring: listBatchesSchema,
        response: {
          200: z.object({ batches: z.array(batchSummarySchema) }),
          ...errorAnswers(400, 503),
        },
      },
    },
    async (request) => {
      const all = await deps.batchStore.list(tenantOf(request).tenantId, request.query.limit);
      return { batches: all.map(batchView) };
    },
  );
  api.get(
    '/v1/batches/:id',
    {
      schema: {
        tags,
        summary: 'A batch: how its items stand, and what failed',
        params,
        response: { 200: batchSchema, ...errorAnswers(404, 503) },
      },
    },
    async (request) => {
      const connection = connectionFor(request, deps.connection);
      return readBatch(deps, connection, tenantOf(request).tenantId, request.params.id);
    },
  );
}

function registerResults(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/batches/:id/results',
    {
      schema: {
        tags,
        summary: 'The results as JSONL, a line an item, in the order of the file',
        description:
          'Also while the batch goes on: an item that has not ended is `waiting`. Each line has `index`, `line`, `state`, `problem`, `runId`, `item` and `result`.',
        params,
        querystring: resultsQuerySchema,
        produces: ['application/x-ndjson'],
        response: { 200: z.any().meta({ description: 'The lines.' }), ...errorAnswers(404, 503) },
      },
    },
    async (request, reply) => {
      const record = await read(deps, request);
      const { tenantId } = tenantOf(request);
      const lines = results(deps, tenantId, record, request.query.state);
      return reply
        .header('content-type', 'application/x-ndjson; charset=utf-8')
        .send(Readable.from(lines));
    },
  );
}

async function* results(
  deps: ResolvedApiDeps,
  tenantId: ReturnType<typeof tenantOf>['tenantId'],
  batch: BatchRecord,
  state: z.output<typeof resultsQuerySchema>['state'],
): AsyncGenerator<string> {
  const total = batch.total ?? 0;
  for (let from = 0; from < total; from += RESULTS_PAGE) {
    const page = await deps.batchStore.items(tenantId, batch.batchId, {
      from,
      to: from + RESULTS_PAGE,
      ...(state === undefined ? {} : { state }),
    });
    if (page.length > 0) yield page.map((item) => resultLine(item, batch)).join('');
  }
}

function registerControl(api: Api, deps: ResolvedApiDeps): void {
  const accepted = z.object({ batchId: z.string(), accepted: z.boolean() });
  api.post(
    '/v1/batches/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Ask a batch to end',
        description: 'Tools in flight are told to stop; items that wait are cancelled.',
        params,
        body: z.strictObject({ reason: z.string().trim().min(1).max(500).optional() }).nullish(),
        response: { 202: accepted, ...errorAnswers(404, 409, 503) },
      },
    },
    async (request, reply) => {
      const record = await read(deps, request);
      const reason = request.body?.reason ?? 'Cancelled through the API.';
      const connection = connectionFor(request, deps.connection);
      if (record.state === 'collecting' && !(await isStarted(connection, record.batchId))) {
        const end = { state: 'cancelled', reason, endedAtMs: Date.now() } as const;
        await deps.batchStore.set(tenantOf(request).tenantId, record.batchId, end);
      } else {
        await batchHandle(connection, record.batchId).cancel(reason);
      }
      return reply.code(202).send({ batchId: record.batchId, accepted: true });
    },
  );
  api.post(
    '/v1/batches/:id/resume',
    {
      schema: {
        tags,
        summary: 'Run what failed or was cancelled once more',
        description:
          'Items that are done stay done, and what a tool has done for an item is not done again; a step whose tool answered with an error is called anew. Broken lines stay failed.',
        params,
        response: { 202: accepted, ...errorAnswers(404, 409, 503) },
      },
    },
    async (request, reply) => {
      const record = await read(deps, request);
      const { batchId: id, state, total } = record;
      if (state === 'collecting' || total === null) {
        throw new HttpError(409, 'Conflict', `Batch ${id} has no items yet: put them first.`);
      }
      if (state === 'completed') {
        throw new HttpError(409, 'Conflict', `Batch ${id} is complete: nothing is left to run.`);
      }
      const connection = connectionFor(request, deps.connection);
      if (record.endedAtMs !== null) await batchHandle(connection, id).untilClosed();
      // Before the start, so that whoever watches sees it go on; a start that fails takes it back.
      const { tenantId } = tenantOf(request);
      await deps.batchStore.set(tenantId, id, { state: 'running', endedAtMs: null });
      await startBatch(connection, { ...record, round: record.round + 1 }).catch(
        async (error: unknown) => {
          const { endedAtMs } = record;
          await deps.batchStore.set(tenantId, id, { state, endedAtMs });
          throw error;
        },
      );
      return reply.code(202).send({ batchId: id, accepted: true });
    },
  );
}

async function isStarted(connection: OstinatoConnection, id: string): Promise<boolean> {
  try {
    await batchHandle(connection, id).isOpen();
    return true;
  } catch (error) {
    if (isClientError(error) && error.code === 'not-found') return false;
    throw error;
  }
}

function read(
  deps: ResolvedApiDeps,
  request: FastifyRequest<{ Params: z.output<typeof params> }>,
): Promise<BatchRecord> {
  return deps.batchStore.get(tenantOf(request).tenantId, request.params.id);
}

function idOf(tenantId: string, key: string): string {
  return `key-${createHash('sha256').update(`${tenantId}\n${key}`).digest('hex').slice(0, 40)}`;
}

function reused(error: unknown, byKey: boolean): unknown {
  if (!byKey || !isServiceError(error) || error.type !== 'Conflict') return error;
  return new HttpError(
    422,
    'IdempotencyKeyReused',
    'This Idempotency-Key was used for another request. Use a new key for a new batch.',
  );
}
