import { setTimeout as wait } from 'node:timers/promises';
import type { RunBatchChunkInput } from '../../common/batch.ts';
import { bindPlan } from '../../common/bind-item.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import type { Plan } from '../../common/plan.ts';
import type { CallToolInput, ToolResult } from '../../common/tool.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { BatchItem, ItemEnd } from './batch-record.ts';
import { fenceOf } from './batch-record.ts';
import type { BatchStore } from './batch-store.ts';
import { nextEpochs } from './next-epochs.ts';
import { recordEnds } from './record-ends.ts';
import { retryCall } from './retry-call.ts';
import type { LightEnd } from './run-light-item.ts';
import { runLightItem } from './run-light-item.ts';

export interface ChunkDeps {
  readonly store: Pick<BatchStore, 'get' | 'items' | 'endItems'>;
  readonly callTool: (input: CallToolInput, context: CallContext) => Promise<ToolResult>;
}

export interface CallContext {
  readonly signal: AbortSignal;
  readonly attempt: number;
}

/** Progress from a server extends a call up to this many times its time-out, as in a run. */
const PROGRESS_FACTOR = 10;
/** How long a call is repeated here before the rest of the chunk is left to a later attempt. */
const RETRY_WITHIN_MS = 30_000;
/** Attempts at a chunk after which what still cannot be called has failed. */
const MAX_ATTEMPTS = 10;

/**
 * Runs the items of a range that wait, at most `concurrency` at once. What ended is recorded on the
 * way, so another attempt does only the rest; keys are the same for every attempt.
 *
 * @throws ServiceError that may be retried when items are left, and the reason of a raised signal.
 */
export async function runChunk(
  deps: ChunkDeps,
  input: RunBatchChunkInput,
  context: CallContext,
): Promise<void> {
  const { batchId, from, to } = input;
  const { tenantId } = input.tenant;
  const { plan, settings } = await deps.store.get(tenantId, batchId);
  if (plan === null) throw new ServiceError(FAILURE.conflict, `Batch ${batchId} was never opened.`);
  const waiting = await deps.store.items(tenantId, batchId, { from, to, state: 'waiting' });
  const recorder = recordEnds((ends) => deps.store.endItems(tenantId, batchId, ends));
  const left: { error: ServiceError | null } = { error: null };
  const next = waiting.values();
  const paceMs = input.ratePerSecond === null ? 0 : 1_000 / input.ratePerSecond;
  const gate = createPace(paceMs, context.signal);
  const work = async (): Promise<void> => {
    for (const item of next) {
      await gate();
      context.signal.throwIfAborted();
      const startedAtMs = Date.now();
      const end = await runItem(deps, input, plan, item, settings.limits.maxWallMs, context);
      context.signal.throwIfAborted();
      if (isServiceError(end)) left.error = end;
      else recorder.add(toItemEnd(item, end, startedAtMs, fenceOf(input.round, context.attempt)));
    }
  };
  const lanes = Array.from({ length: Math.min(input.concurrency, waiting.length) }, work);
  const ended = await Promise.allSettled(lanes);
  await recorder.flush();
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
  if (left.error !== null) throw left.error;
}

/** @returns the error where another attempt may mend it. */
async function runItem(
  deps: ChunkDeps,
  { tenant, batchId }: RunBatchChunkInput,
  template: Plan,
  item: BatchItem,
  maxWallMs: number,
  { signal, attempt }: CallContext,
): Promise<ItemRun | ServiceError> {
  const epochs = nextEpochs(item);
  const late = AbortSignal.timeout(maxWallMs);
  const ends = AbortSignal.any([signal, late]);
  try {
    const plan = bindPlan(template, JSON.parse(item.item) as JsonValue);
    const end = await runLightItem(
      plan,
      (step, args) =>
        retryCall(
          () =>
            deps.callTool(
              {
                tenant,
                tool: step.tool,
                args,
                idempotencyKey: `t:${tenant.tenantId}:batch:${batchId}:${item.index}/${step.id}/${epochs[step.id] ?? 1}`,
                fingerprint: step.fingerprint,
                timeoutMs: step.timeoutMs,
                maxTotalTimeoutMs: step.timeoutMs * PROGRESS_FACTOR,
              },
              { signal: ends, attempt },
            ),
          { withinMs: RETRY_WITHIN_MS, signal: ends },
        ),
      ends,
    );
    return { ...end, epochs };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (late.aborted) {
      const problem = `The item was not done within ${maxWallMs} ms (limits.maxWallMs).`;
      return failed(FAILURE.toolTimeout, problem, epochs);
    }
    if (isServiceError(error) && error.retry.allowed && attempt < MAX_ATTEMPTS) return error;
    const problem = error instanceof Error ? error.message : String(error);
    return failed(isServiceError(error) ? error.type : 'failed', problem, epochs);
  }
}

type ItemRun = LightEnd & { readonly epochs: ItemEnd['epochs'] };

function failed(problemType: string, problem: string, epochs: ItemEnd['epochs']): ItemRun {
  return { outcome: 'failed', problemType, problem, results: {}, refused: [], epochs };
}

function toItemEnd(item: BatchItem, end: ItemRun, startedAtMs: number, fence: number): ItemEnd {
  const { outcome, problem, problemType, results, refused, epochs } = end;
  return {
    index: item.index,
    state: outcome === 'completed' ? 'done' : 'failed',
    problemType,
    problem,
    result: { outcome, results, refused } as unknown as JsonObject,
    epochs,
    fence,
    startedAtMs,
    endedAtMs: Date.now(),
  };
}

/** Lets one caller pass each `everyMs`. */
function createPace(everyMs: number, signal: AbortSignal): () => Promise<void> {
  let nextAtMs = 0;
  return async () => {
    if (everyMs === 0) return;
    const now = performance.now();
    const atMs = Math.max(now, nextAtMs);
    nextAtMs = atMs + everyMs;
    if (atMs > now) await wait(atMs - now, undefined, { signal });
  };
}
