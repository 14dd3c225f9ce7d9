// Proves what Temporal is told of the settings of a worker, and that nothing is told of what is not set.
import { describe, expect, it } from 'vitest';
import { tunedOptions } from '../../workers/worker-tuning.ts';

const open = {
  ...{ maxWorkflowTasks: null, maxLocalActivities: null, maxCachedWorkflows: null, pollers: null },
};

describe('tunedOptions', () => {
  it('nothing set → the activities alone', () => {
    expect(tunedOptions({ ...open, maxActivities: 200 })).toEqual({
      maxConcurrentActivityTaskExecutions: 200,
      maxEagerActivityReservationsPerWorkflowTask: 100,
    });
  });

  it('everything set → its names at Temporal; pollers never outnumber the places', () => {
    const all = { maxWorkflowTasks: 4, maxLocalActivities: 9, maxCachedWorkflows: 7, pollers: 20 };
    expect(tunedOptions({ ...all, maxActivities: 10 })).toEqual({
      maxConcurrentActivityTaskExecutions: 10,
      maxEagerActivityReservationsPerWorkflowTask: 10,
      maxConcurrentWorkflowTaskExecutions: 4,
      maxConcurrentLocalActivityExecutions: 9,
      maxCachedWorkflows: 7,
      workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 4 },
      activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
    });
  });

  it('auto → both kinds of pollers follow the server', () => {
    expect(tunedOptions({ ...open, maxActivities: 10, pollers: 'auto' })).toMatchObject({
      workflowTaskPollerBehavior: { type: 'autoscaling' },
      activityTaskPollerBehavior: { type: 'autoscaling' },
    });
  });
});
