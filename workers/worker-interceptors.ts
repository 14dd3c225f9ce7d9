import type { WorkerOptions } from '@temporalio/worker';
import type { Services } from './assemble.ts';

/** What stands around every activity of a worker. */
export function workerInterceptors(_services: Services): WorkerOptions['interceptors'] {
  return {};
}
