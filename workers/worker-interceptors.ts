import type { WorkerOptions } from '@temporalio/worker';
import { toFailure } from '../activities/failure.ts';
import type { CallToolInput } from '../common/tool.ts';
import { toolTargets } from '../services/breaker/tool-targets.ts';
import type { Services } from './assemble.ts';
import { circuitBreaker } from './interceptors/circuit-breaker.ts';
import { measureActivities } from './interceptors/measure-activities.ts';

/** What stands around every activity of a worker, outermost first: a diverted call is measured too. */
export function workerInterceptors({
  metrics,
  breakers,
  alternates,
}: Pick<Services, 'metrics' | 'breakers' | 'alternates'>): WorkerOptions['interceptors'] {
  return {
    activity: [
      measureActivities(metrics),
      circuitBreaker({
        breakers: breakers.breakers,
        // Models have theirs in the gateway, which knows the route only when it has chosen one.
        targetsOf: (activityType, input) =>
          activityType === 'callTool' ? toolTargets(input as CallToolInput) : [],
        otherwise: (activityType, input, context, why) =>
          activityType === 'callTool'
            ? alternates.answer(input as CallToolInput, context, why).catch((error: unknown) => {
                throw toFailure(error);
              })
            : Promise.resolve(null),
      }),
    ],
  };
}
