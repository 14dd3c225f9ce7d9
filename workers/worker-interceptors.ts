import type { WorkerOptions } from '@temporalio/worker';
import type { Services } from './assemble.ts';
import { measureActivities } from './interceptors/measure-activities.ts';

/** What stands around every activity of a worker. */
export function workerInterceptors(services: Services): WorkerOptions['interceptors'] {
  return { activity: [measureActivities(services.metrics)] };
}
