// Proves that every attempt of an activity is counted once, under its type and how it ended, and
// passes unchanged. The activities run in Temporal's own mock environment, without a server.
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import { measureActivities } from '../../../workers/interceptors/measure-activities.ts';

async function counted(activity: (word: string) => Promise<string>): Promise<{
  readonly end: unknown;
  readonly series: readonly string[];
}> {
  const metrics = createMetrics();
  const environment = new MockActivityEnvironment(
    { activityType: 'callTool' },
    { interceptors: [measureActivities(metrics)], logger: new DefaultLogger('ERROR') },
  );
  const end: unknown = await environment.run(activity, 'in').catch((error: unknown) => error);
  const lines = (await metrics.text()).split('\n');
  return {
    end,
    series: lines.filter((line) => line.startsWith('ostinato_activity_duration_seconds_count')),
  };
}

const countOf = (outcome: string): readonly string[] => [
  `ostinato_activity_duration_seconds_count{type="callTool",outcome="${outcome}"} 1`,
];

describe('measureActivities', () => {
  it('returns → its result, counted as ok', async () => {
    const { end, series } = await counted((word) => {
      expect(Context.current().info.activityType).toBe('callTool');
      return Promise.resolve(`${word} out`);
    });
    expect(end).toBe('in out');
    expect(series).toEqual(countOf('ok'));
  });

  it.each([
    [ApplicationFailure.create({ type: 'Tool.Timeout', message: 'no' }), 'Tool.Timeout'],
    [new CancelledFailure('stopped'), 'cancelled'],
    [new TypeError('a bug'), 'failed'],
  ])('throws %s → the same error, counted as %s', async (error, outcome) => {
    const { end, series } = await counted(() => Promise.reject(error));
    expect(end).toBe(error);
    expect(series).toEqual(countOf(outcome));
  });
});
