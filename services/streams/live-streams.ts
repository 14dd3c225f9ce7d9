import type { LiveChannel, LiveEvent, OpenLive } from '../../common/live-event.ts';

/**
 * Side channels of runs: what activities publish, readers of the API get. Kept for a while, by count
 * and time; nothing in a run waits for it or depends on it.
 */
export interface LiveStreams {
  /** Returns at once and never throws; what cannot be kept is counted and told as `dropped`. */
  publish(channel: LiveChannel, event: LiveEvent): void;
  readonly open: OpenLive;
  /** Tries for a moment to deliver what was published. */
  close(): Promise<void>;
}

/** Events kept of one run; older ones go first. */
export const MAX_EVENTS = 2_000;
/** A channel in which nothing happened for so long is forgotten. */
export const TTL_MS = 1_800_000;
/** Events in one page of a reader. */
export const PAGE = 200;
