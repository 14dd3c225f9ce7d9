import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { RunProgress, StepReport } from '../common/agent.ts';
import { FAILURE } from '../common/failures.ts';
import type { LimitedCall } from '../common/limit-wait.ts';

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** As Temporal numbers the states of a pending activity: it waits for its next attempt. */
const SCHEDULED = 1;

/** The calls of a run that wait for a limit, as Temporal has them: what kept the last attempt. */
export function limitedCalls({
  raw: { pendingActivities },
}: Pick<WorkflowExecutionDescription, 'raw'>): readonly LimitedCall[] {
  return (pendingActivities ?? []).flatMap((activity) => limitedCall(activity) ?? []);
}

/**
 * Says of each step whether a call of it waits for a limit. The workflow does not know: such a call is
 * tried again by Temporal.
 */
export function withLimitWaits(
  progress: RunProgress,
  waiting: readonly LimitedCall[],
): RunProgress {
  if (waiting.length === 0) return progress;
  return { ...progress, steps: progress.steps.map((step) => withWait(step, waiting)) };
}

/** The call of it that has waited longest. */
function withWait(step: StepReport, waiting: readonly LimitedCall[]): StepReport {
  if (step.state !== 'running') return step;
  const own = waiting.filter(({ place }) => place.split(/[.[]/, 1)[0] === step.id);
  const [first] = own.toSorted((one, other) => one.sinceMs - other.sinceMs);
  if (first === undefined) return step;
  const { place: _place, ...wait } = first;
  return { ...step, waitsFor: { ...wait, calls: own.length } };
}

function limitedCall({ state, lastFailure }: Pending): LimitedCall | null {
  const { type, details } = lastFailure?.applicationFailureInfo ?? {};
  const data = details?.payloads?.[0]?.data;
  if (state !== SCHEDULED || type !== FAILURE.toolLimited) return null;
  if (data === undefined || data === null) return null;
  const { limited } = JSON.parse(Buffer.from(data).toString()) as { limited?: LimitedCall };
  return limited ?? null;
}
