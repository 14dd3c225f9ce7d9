import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Metrics } from '../../services/telemetry/metrics.ts';

/**
 * Counts and times every attempt of an activity, by type and outcome: `ok`, `cancelled`, a failure
 * type, or `failed` for what has none.
 */
export function measureActivities(metrics: Pick<Metrics, 'activity'>): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const startMs = performance.now();
        let outcome = 'ok';
        try {
          return await next(input);
        } catch (error) {
          outcome = outcomeOf(error);
          throw error;
        } finally {
          const durationMs = performance.now() - startMs;
          metrics.activity({ type: info.activityType, outcome, durationMs });
        }
      },
    },
  });
}

function outcomeOf(error: unknown): string {
  if (error instanceof CancelledFailure) return 'cancelled';
  if (error instanceof ApplicationFailure && typeof error.type === 'string') return error.type;
  return 'failed';
}
