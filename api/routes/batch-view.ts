import type { z } from 'zod';
import { batchSummary, batchWorkflowId } from '../../client/batches.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import type { BatchItem, BatchRecord } from '../../services/batches/batch-record.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import type { BatchLinks, batchSummarySchema } from '../schemas/batch-schema.ts';

export function batchLinks(
  deps: Pick<ResolvedApiDeps, 'links'>,
  connection: OstinatoConnection,
  batchId: string,
): BatchLinks {
  const self = `/v1/batches/${batchId}`;
  const ui = deps.links.temporalUi?.replace(/\/$/, '') ?? null;
  const workflow = encodeURIComponent(batchWorkflowId(connection, batchId));
  return {
    self,
    items: `${self}/items`,
    results: `${self}/results`,
    temporalUi:
      ui === null ? null : `${ui}/namespaces/${connection.namespace}/workflows/${workflow}`,
  };
}

export function batchView(record: BatchRecord): z.output<typeof batchSummarySchema> {
  const { batchId, state, mode, total, round, reason, createdAtMs, endedAtMs } = record;
  return {
    ...{ batchId, state, mode, total, round, reason, createdAtMs, endedAtMs },
    agent: record.settings.agent,
    summary: batchSummary(record.work),
  };
}

/** A batch with how its items stand. @throws ServiceError (NotFound) */
export async function readBatch(
  deps: Pick<ResolvedApiDeps, 'batchStore' | 'links'>,
  connection: OstinatoConnection,
  tenantId: TenantId,
  id: string,
) {
  const record = await deps.batchStore.get(tenantId, id);
  const counts = await deps.batchStore.counts(tenantId, id);
  const problems = await deps.batchStore.problems(tenantId, id);
  const { concurrency, ratePerSecond, limits } = record.settings;
  return {
    ...batchView(record),
    ...{ counts, concurrency, ratePerSecond, limits },
    problems: [...problems],
    links: batchLinks(deps, connection, id),
  };
}

/** One line of the results: the item as it was given, and what came of it. */
export function resultLine(item: BatchItem, batch: BatchRecord): string {
  const { index, line, state, problem, problemType, result, startedAtMs, endedAtMs } = item;
  const runId = batch.mode === 'runs' && problemType !== 'BadItem' ? runIdOf(item, batch) : null;
  return `${JSON.stringify({
    ...{ index, line, state, problemType, problem, runId, startedAtMs, endedAtMs },
    item: parsed(item.item),
    result,
  })}\n`;
}

function runIdOf({ index, endedAtMs }: BatchItem, { batchId, round, work }: BatchRecord): string {
  const again = work.kind === 'goal' && round > 1 && endedAtMs !== null;
  return `${batchId}.${index}${again ? `.r${round}` : ''}`;
}

/** A broken line is shown as the text that it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
