// Proves that equal calls at once reach the tool once, also from processes that share only a Redis:
// four real worker processes, a real Redis, a tool behind HTTP that counts.
import { expect, it } from 'vitest';
import { measureStampede } from '../../bench/support/cache/stampede.ts';

it('100 equal calls at once from four processes → one reaches the tool, all have its answer', async () => {
  expect(await measureStampede()).toEqual({ calls: 1, answered: 100 });
});
