/**
 * Signals, queries and updates of the workflows, shared with clients. The names are durable:
 * renaming one breaks open runs.
 */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { RunProgress } from '../common/agent.ts';

export const progressQuery = defineQuery<RunProgress>('progress');

export interface CancelRequest {
  /** Shown in the result. */
  readonly reason: string;
}

/** Ends the run in order: tools in flight are told to stop, and the result says what was done. */
export const cancelUpdate = defineUpdate<{ readonly accepted: boolean }, [CancelRequest]>('cancel');
