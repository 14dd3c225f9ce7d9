import type { WorkerOptions } from '@temporalio/worker';
import type { WorkerTuning } from '../services/config.ts';

/** How many activities one task of a workflow may start without the server: enough for a wide plan. */
const EAGER_ACTIVITIES = 100;
/** What the SDK takes where nothing is said. */
const SDK_WORKFLOW_TASKS = 40;

/** Temporal's options for what the configuration says; what it leaves open is Temporal's own choice. */
export function tunedOptions(tuning: WorkerTuning): Partial<WorkerOptions> {
  const { maxActivities, maxWorkflowTasks, maxLocalActivities, maxCachedWorkflows } = tuning;
  return {
    maxConcurrentActivityTaskExecutions: maxActivities,
    maxEagerActivityReservationsPerWorkflowTask: Math.min(EAGER_ACTIVITIES, maxActivities),
    ...(maxWorkflowTasks === null ? {} : { maxConcurrentWorkflowTaskExecutions: maxWorkflowTasks }),
    ...(maxLocalActivities === null
      ? {}
      : { maxConcurrentLocalActivityExecutions: maxLocalActivities }),
    ...(maxCachedWorkflows === null ? {} : { maxCachedWorkflows }),
    ...pollers(tuning),
  };
}

function pollers({
  pollers: wanted,
  maxActivities,
  maxWorkflowTasks,
}: WorkerTuning): Partial<WorkerOptions> {
  if (wanted === null) return {};
  if (wanted === 'auto') {
    const behaviour = { type: 'autoscaling' } as const;
    return { workflowTaskPollerBehavior: behaviour, activityTaskPollerBehavior: behaviour };
  }
  // Temporal refuses more pollers than there are places.
  const atMost = (places: number) => ({
    type: 'simple-maximum' as const,
    maximum: Math.min(wanted, places),
  });
  return {
    workflowTaskPollerBehavior: atMost(maxWorkflowTasks ?? SDK_WORKFLOW_TASKS),
    activityTaskPollerBehavior: atMost(maxActivities),
  };
}
