import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import type { OstinatoConnection } from '../../../../client/index.ts';

type Client = OstinatoConnection['temporal'];
type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];

/** Events can be large: a page must stay below what gRPC takes. */
const EVENTS_A_PAGE = 5;

export interface HistoryEvents {
  /** Of each run of the workflow, in order: it continues as new. */
  readonly histories: readonly History[];
  readonly workflowId: string;
  readonly bytes: number;
  /** All bytes and events up to the end of each turn. */
  readonly turns: readonly { readonly bytes: number; readonly events: number }[];
}

/** @param turnActivity each completion of it is the end of a turn. */
export async function readChain(
  { temporal: client }: OstinatoConnection,
  workflowId: string,
  turnActivity: string,
): Promise<HistoryEvents> {
  const histories: History[] = [];
  const turns: { bytes: number; events: number }[] = [];
  let runId: string | undefined = await firstRunId(client, workflowId);
  let bytes = 0;
  let events = 0;
  while (runId !== undefined) {
    const history = await readHistory(client, workflowId, runId);
    histories.push(history);
    runId = undefined;
    const turnIds = new Set<string>();
    for (const event of history.events ?? []) {
      bytes += proto.temporal.api.history.v1.HistoryEvent.encode(event).finish().length;
      events += 1;
      const scheduled = event.activityTaskScheduledEventAttributes;
      if (scheduled?.activityType?.name === turnActivity) turnIds.add(String(event.eventId));
      const done = event.activityTaskCompletedEventAttributes;
      if (done && turnIds.has(String(done.scheduledEventId))) turns.push({ bytes, events });
      runId = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
    }
  }
  return { histories, workflowId, bytes, turns };
}

async function readHistory(client: Client, workflowId: string, runId: string): Promise<History> {
  const events: Event[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: EVENTS_A_PAGE,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
    events.push(...(page.history?.events ?? []));
    nextPageToken = page.nextPageToken ?? undefined;
  } while (nextPageToken !== undefined && nextPageToken.length > 0);
  return proto.temporal.api.history.v1.History.create({ events });
}

async function firstRunId(client: Client, workflowId: string): Promise<string> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const first = raw.workflowExecutionInfo?.firstRunId ?? '';
  if (first === '') throw new Error(`Temporal does not say which run of ${workflowId} was first.`);
  return first;
}

/** Replays every run on the code as it is. @returns how many fail. */
export async function replayFailures(
  codePath: string,
  { histories, workflowId }: HistoryEvents,
): Promise<number> {
  let failures = 0;
  for (const history of histories) {
    try {
      await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, workflowId);
    } catch {
      failures += 1;
    }
  }
  return failures;
}
