import { coresdk } from '@temporalio/proto';
import type { ReplayWorkerOptions } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { NativeWorker } from '@temporalio/worker/lib/worker.js';

export interface RecordedHistory {
  readonly events: readonly RecordedEvent[];
}

type RecordedEvent = { readonly eventId: string; readonly eventType: string } & Readonly<
  Record<string, unknown>
>;

/** What a workflow does at a task, as the events name it that come of it. */
const COMMANDS: Readonly<Record<string, string>> = {
  scheduleActivity: 'ACTIVITY_TASK_SCHEDULED',
  requestCancelActivity: 'ACTIVITY_TASK_CANCEL_REQUESTED',
  scheduleLocalActivity: 'MARKER_RECORDED',
  startTimer: 'TIMER_STARTED',
  cancelTimer: 'TIMER_CANCELED',
  startChildWorkflowExecution: 'START_CHILD_WORKFLOW_EXECUTION_INITIATED',
  signalExternalWorkflowExecution: 'SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED',
  upsertWorkflowSearchAttributes: 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
  completeWorkflowExecution: 'WORKFLOW_EXECUTION_COMPLETED',
  failWorkflowExecution: 'WORKFLOW_EXECUTION_FAILED',
  cancelWorkflowExecution: 'WORKFLOW_EXECUTION_CANCELED',
  continueAsNewWorkflowExecution: 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
};

/** What came of the last workflow task of a history. Patches and what goes with them are Temporal's. */
export function recordedLast({ events }: RecordedHistory): readonly string[] {
  const tasks = events.filter(({ eventType }) => eventType.endsWith('WORKFLOW_TASK_COMPLETED'));
  const last = tasks.at(-1)?.eventId;
  return events.flatMap((event) => {
    const [attributes] = Object.entries(event).flatMap(([name, value]) =>
      name.endsWith('EventAttributes') ? [value as Record<string, unknown>] : [],
    );
    if (String(attributes?.['workflowTaskCompletedEventId']) !== last) return [];
    const text = JSON.stringify(attributes);
    if (text.includes('core_patch') || text.includes('TemporalChangeVersion')) return [];
    return [event.eventType.replace('EVENT_TYPE_', '')];
  });
}

/**
 * Replays a history. Temporal compares what the workflow does with what it did at every task but the
 * last one, which it takes for one that goes on.
 *
 * @returns what the workflow does at that one. @throws DeterminismViolationError for the others
 */
export async function replayLast(
  options: ReplayWorkerOptions,
  history: RecordedHistory,
  workflowId?: string,
): Promise<readonly string[]> {
  const seen = { task: 0, commands: [] as string[] };
  class Watched extends Worker {
    protected static override nativeWorkerCtor = watching(seen) as never;
  }
  await Watched.runReplayHistory(options, history, workflowId);
  return seen.commands;
}

function watching(seen: { task: number; commands: string[] }) {
  const { WorkflowActivation } = coresdk.workflow_activation;
  const { WorkflowActivationCompletion } = coresdk.workflow_completion;
  return {
    async createReplay(...given: Parameters<typeof NativeWorker.createReplay>) {
      const handle = await NativeWorker.createReplay(...given);
      const native = handle.worker as unknown as {
        pollWorkflowActivation: () => Promise<Buffer>;
        completeWorkflowActivation: (completion: Buffer) => Promise<void>;
      };
      const { pollWorkflowActivation: poll, completeWorkflowActivation: complete } = native;
      native.pollWorkflowActivation = async () => {
        const bytes = await poll();
        const { historyLength, jobs } = WorkflowActivation.decode(bytes);
        // A task has many activations; one that takes the run out of memory is none of it.
        if (historyLength > seen.task && jobs.every((job) => !job.removeFromCache)) {
          Object.assign(seen, { task: historyLength, commands: [] });
        }
        return bytes;
      };
      native.completeWorkflowActivation = (bytes) => {
        const { successful } = WorkflowActivationCompletion.decodeDelimited(bytes);
        for (const command of successful?.commands ?? []) {
          const [kind] = Object.keys(COMMANDS).filter(
            (name) => name in command && command[name as keyof typeof command],
          );
          if (kind !== undefined) seen.commands.push(COMMANDS[kind] ?? kind);
        }
        return complete(bytes);
      };
      return handle;
    },
  };
}
