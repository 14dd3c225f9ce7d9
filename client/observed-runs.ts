import type { LoadedDataConverter, Payload } from '@temporalio/common';
import { describeFailure } from '../common/describe-failure.ts';
import { isJsonObject } from '../common/json.ts';
import { resultValue } from '../common/result-value.ts';
import type { ObservedCall, ObservedRun } from '../common/rules/suggest/observed-run.ts';
import type { CallToolInput, ToolResult } from '../common/tool.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import { listRuns } from './runs.ts';

export interface ObserveRunsOptions {
  /** The newest completed runs, at most this many. @default 50 */
  readonly limit?: number;
}

const MAX_RUNS = 200;
/** Histories read at once. */
const AT_ONCE = 4;
/** Of a longer run only the beginning is read. */
const MAX_EVENTS = 2_000;
const PAGE = 500;

type History = Awaited<
  ReturnType<OstinatoConnection['temporal']['workflowService']['getWorkflowExecutionHistory']>
>;
type HistoryEvent = NonNullable<NonNullable<History['history']>['events']>[number];

/**
 * What the tenant's newest completed runs called and got, read from their histories. Calls that
 * failed are left out, and so are reads that ran as local activities (`fastReads`): their arguments
 * are not in a history.
 *
 * @throws ClientError (`unavailable`) where Temporal gives no runs or histories.
 */
export async function observeRuns(
  connection: OstinatoConnection,
  { limit = 50 }: ObserveRunsOptions = {},
): Promise<readonly ObservedRun[]> {
  const most = Math.min(MAX_RUNS, Math.max(0, limit));
  if (most === 0) return [];
  const summaries = await listRuns(connection, { status: 'completed', limit: most });
  const waiting = summaries.map(({ runId, workflowId }, at) => ({ at, runId, workflowId }));
  const runs: ObservedRun[] = [];
  const readOn = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      runs[next.at] = await observeRun(connection, next);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, readOn));
  } catch (error) {
    const why = describeFailure(error);
    throw new ClientError('unavailable', `Temporal did not give the histories: ${why}`, error);
  }
  return runs;
}

async function observeRun(
  connection: OstinatoConnection,
  { runId, workflowId }: { readonly runId: string; readonly workflowId: string },
): Promise<ObservedRun> {
  const converter = connection.temporal.options.loadedDataConverter;
  const begun = new Map<number, Omit<ObservedCall, 'answer' | 'ended'>>();
  const calls: ObservedCall[] = [];
  let given = '';
  for await (const event of eventsOf(connection, workflowId)) {
    const at = Number(event.eventId ?? 0);
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) given = JSON.stringify(await decode(converter, started.input?.payloads)) ?? '';
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name === 'callTool') {
      const [input] = (await decode(converter, scheduled.input?.payloads)) as [CallToolInput?];
      if (input !== undefined) begun.set(at, { tool: input.tool, args: input.args, began: at });
    }
    const completed = event.activityTaskCompletedEventAttributes;
    const call = begun.get(Number(completed?.scheduledEventId ?? 0));
    if (!completed || call === undefined) continue;
    const [result] = (await decode(converter, completed.result?.payloads)) as [ToolResult?];
    if (result === undefined || result.isError || !isJsonObject(call.args)) continue;
    calls.push({ ...call, answer: resultValue(result), ended: at });
  }
  return { runId, given, calls: calls.sort((a, b) => a.began - b.began) };
}

async function* eventsOf(
  { temporal, namespace }: OstinatoConnection,
  workflowId: string,
): AsyncGenerator<HistoryEvent> {
  let nextPageToken: Uint8Array | null | undefined;
  for (let seen = 0; seen < MAX_EVENTS; seen += PAGE) {
    const page: History = await temporal.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId },
      maximumPageSize: PAGE,
      ...(nextPageToken ? { nextPageToken } : {}),
    });
    yield* page.history?.events ?? [];
    nextPageToken = page.nextPageToken;
    if (!nextPageToken?.length) return;
  }
}

async function decode(
  { payloadCodecs, payloadConverter }: LoadedDataConverter,
  payloads: readonly Payload[] | null | undefined,
): Promise<readonly unknown[]> {
  let plain = [...(payloads ?? [])];
  for (const codec of payloadCodecs) plain = await codec.decode(plain);
  return plain.map((payload): unknown => payloadConverter.fromPayload(payload));
}
