// Runs in the workflow sandbox.
import type { Workflow } from '@temporalio/workflow';
import { makeContinueAsNewFunc } from '@temporalio/workflow';

/**
 * Continues as new on the version of the workers that is current then. Where workers have versions, a
 * run stays with the one that began it; this is the moment at which it moves on.
 */
export function continueOnNewest<Flow extends Workflow>(...args: Parameters<Flow>): Promise<never> {
  return makeContinueAsNewFunc<Flow>({ initialVersioningBehavior: 'AUTO_UPGRADE' })(...args);
}
