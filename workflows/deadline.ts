// Runs in the workflow sandbox: until when a run may go on.

/**
 * The workflow time at which a run must have ended. Where the clock goes back, the deadline goes back
 * by as much: a run gets no time anew. What passed between the last look and the jump is not known and
 * not counted, so whoever is at work looks often. A clock that leaps ahead ends a run early, as it
 * does Temporal's own timers.
 *
 * @param nowMs workflow time, which is that of the server. @default `Date.now`
 */
export function createDeadline(deadlineMs: number, nowMs: () => number = Date.now): () => number {
  let seenMs = nowMs();
  let untilMs = deadlineMs;
  return () => {
    const now = nowMs();
    untilMs -= Math.max(0, seenMs - now);
    seenMs = now;
    return untilMs;
  };
}
