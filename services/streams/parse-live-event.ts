import { z } from 'zod';
import type { LiveEvent } from '../../common/live-event.ts';

const source = { source: z.string(), attempt: z.int() };

const liveEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['text', 'reasoning']), ...source, text: z.string() }),
  z.object({ kind: z.literal('planned'), ...source, step: z.string(), tool: z.string() }),
  z.object({ kind: z.literal('superseded'), ...source, voids: z.int(), why: z.string() }),
  z.object({ kind: z.literal('call-started'), ...source, tool: z.string() }),
  z.object({
    kind: z.literal('call-progress'),
    ...source,
    progress: z.number(),
    total: z.number().nullable(),
    message: z.string().nullable(),
  }),
  z.object({
    kind: z.literal('call-ended'),
    ...source,
    outcome: z.enum(['ok', 'error', 'failed']),
  }),
  z.object({ kind: z.literal('dropped'), events: z.int() }),
]);

/** @returns `null` for what another version, or somebody else, wrote. */
export function parseLiveEvent(text: string): LiveEvent | null {
  try {
    return liveEvent.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
