/**
 * So many starts a second, evenly. Asked before each start, it says how long that one waits, ms. Where
 * the clock goes back, what was planned by the old one moves along: nobody waits out the difference.
 */
export function createPace(ratePerSecond: number): (nowMs: number) => number {
  let nextAtMs = 0;
  let lastMs = 0;
  return (nowMs) => {
    if (nowMs < lastMs) nextAtMs -= lastMs - nowMs;
    lastMs = nowMs;
    const atMs = Math.max(nowMs, nextAtMs);
    nextAtMs = atMs + 1_000 / ratePerSecond;
    return Math.ceil(atMs - nowMs);
  };
}
