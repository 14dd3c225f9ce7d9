const FIRST_MS = 500;
const MAX_MS = 60_000;

/**
 * Wait before the next attempt: doubles from 0.5 s to 60 s, with the upper half random, so that
 * many clients of one restarted server do not return together.
 *
 * @param failures how often it failed in a row, from 1
 * @param random between 0 and 1
 */
export function backoffMs(failures: number, random: number): number {
  const full = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(full / 2 + (full / 2) * random);
}
