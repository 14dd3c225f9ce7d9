// Proves that a part of an hour or a day is asked of the database in whole milliseconds.
import { expect, it } from 'vitest';
import { sinceMs } from '../../api/since-ms.ts';

it.each([0.1, 1.5, 682.8468068924192])('%d hours → a whole moment that long ago', (hours) => {
  const since = sinceMs(hours, 3_600_000);
  expect(Number.isInteger(since)).toBe(true);
  expect(Date.now() - since).toBeGreaterThanOrEqual(Math.floor(hours * 3_600_000));
});
