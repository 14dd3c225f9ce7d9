/**
 * A worker that died is noticed after this, ms. Every activity beats (`activities/run-activity.ts`);
 * without it one that was lost would be missed only when its whole time is over.
 */
export const HEARTBEAT_TIMEOUT_MS = 10_000;
