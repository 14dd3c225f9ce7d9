/** The largest sum of amounts that arrive within any span of this length, wherever it begins. */
export function mostInAnyMinute(
  arrivals: readonly { readonly atMs: number; readonly amount: number }[],
  spanMs: number,
): number {
  const byTime = [...arrivals].sort((a, b) => a.atMs - b.atMs);
  let most = 0;
  let sum = 0;
  let oldest = 0;
  for (const { atMs, amount } of byTime) {
    sum += amount;
    for (let first = byTime[oldest]; first && first.atMs <= atMs - spanMs; first = byTime[oldest]) {
      sum -= first.amount;
      oldest += 1;
    }
    most = Math.max(most, sum);
  }
  return most;
}
