import { z } from 'zod';

const SHOWN = 80;

/** A name or id that callers choose: it stands in Temporal's ids and in paths of the API. */
export const plainName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
  error: ({ input }) =>
    `takes 1 to 64 letters, digits, ".", "_" or "-" (received ${JSON.stringify(String(input).slice(0, SHOWN))})`,
});
