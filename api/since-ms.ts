/** The moment so many units ago, in whole milliseconds, whatever part of a unit was asked for. */
export function sinceMs(count: number, unitMs: number): number {
  return Math.floor(Date.now() - count * unitMs);
}
