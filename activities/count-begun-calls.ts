import { Context } from '@temporalio/activity';
import type { BegunCallsInput, CallEvent } from '../common/begun-calls.ts';
import { begunCalls } from '../common/begun-calls.ts';
import type { JsonObject, JsonValue } from '../common/json.ts';

type Run = ReturnType<Context['client']['workflow']['getHandle']>;
type HistoryEvent = NonNullable<Awaited<ReturnType<Run['fetchHistory']>>['events']>[number];
type Payloads = NonNullable<HistoryEvent['workflowExecutionSignaledEventAttributes']>['input'];

/** As Temporal numbers why a workflow task failed: the run goes on from there as another. */
const RESET_WORKFLOW = 15;

/** Of a run that has ended. @returns `null` where its history does not say. */
export async function countBegunCalls({
  workflowId,
  runId,
}: BegunCallsInput): Promise<number | null> {
  const { workflow } = Context.current().client;
  const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
  return begunCalls((events ?? []).flatMap((event) => callEvent(event) ?? []));
}

function callEvent(event: HistoryEvent): CallEvent | null {
  const {
    workflowExecutionStartedEventAttributes: started,
    workflowTaskFailedEventAttributes: taskFailed,
    activityTaskScheduledEventAttributes: scheduled,
    activityTaskCompletedEventAttributes: completed,
    signalExternalWorkflowExecutionInitiatedEventAttributes: sent,
    workflowExecutionSignaledEventAttributes: got,
  } = event;
  if (started) {
    if (started.continuedExecutionRunId) return { kind: 'incomplete' };
    return { kind: 'started', input: objectIn(started.input) };
  }
  if (taskFailed?.cause === RESET_WORKFLOW) return { kind: 'incomplete' };
  if (scheduled) return { kind: 'scheduled', activity: scheduled.activityType?.name ?? '' };
  if (completed) return { kind: 'ended', result: valueIn(completed.result) };
  if (sent?.signalName === 'budgetAnswer') {
    const { granted = 0, lent = 0 } = objectIn(sent.input);
    return { kind: 'granted', calls: Number(granted) + Number(lent) };
  }
  if (got?.signalName === 'budgetSettle') {
    return { kind: 'returned', calls: Number(objectIn(got.input)['returnedToolCalls'] ?? 0) };
  }
  return null;
}

function objectIn(payloads: Payloads): JsonObject {
  return valueIn(payloads) as JsonObject;
}

function valueIn(payloads: Payloads): JsonValue {
  const { data } = payloads?.payloads?.[0] ?? {};
  return data ? (JSON.parse(Buffer.from(data).toString() || 'null') as JsonValue) : {};
}
