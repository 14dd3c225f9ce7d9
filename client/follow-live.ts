import type { LiveItem, LiveReader } from '../common/live-event.ts';
import type { LiveRunEvent } from './live-filter.ts';
import { createLiveFilter } from './live-filter.ts';

/** The workflow learns of a call's end a moment after the side channel. */
const BUSY_MS = 1_000;
const PAGE_WAIT_MS = 5_000;
/** What was said last gets so long to arrive, and all of it together a second. */
const LAST_WAIT_MS = 60;
const LAST_MS = 1_000;

/** The side channel of one run, as `followRun` reads it: one page at a time. */
export function followLive(reader: LiveReader, signal: AbortSignal) {
  const filter = createLiveFilter();
  let leave = new AbortController();
  let page: Promise<readonly LiveItem[]> | null = null;
  let nudge = new AbortController();
  let mustTell = false;
  let hasSpoken = false;
  let busyUntil = 0;

  const next = (): Promise<readonly LiveItem[]> =>
    (page ??= reader.next(PAGE_WAIT_MS, AbortSignal.any([signal, leave.signal])));

  function* take(items: readonly LiveItem[]): Generator<LiveRunEvent> {
    page = null;
    for (const item of items) {
      const event = filter(item);
      if (event === null) continue;
      hasSpoken = true;
      const isLost = event.kind === 'lost';
      if (isLost) mustTell = true;
      if (isLost || event.event.kind.startsWith('call-') || event.event.kind === 'superseded') {
        busyUntil = performance.now() + BUSY_MS;
        nudge.abort();
      }
      yield event;
    }
  }

  return {
    page: next,
    take,
    /** Raised when the run is worth a look now. */
    nudge(): AbortSignal {
      if (nudge.signal.aborted) nudge = new AbortController();
      return nudge.signal;
    },
    /** Whether progress is told although it is known: something was lost. Once. */
    mustTell(): boolean {
      const must = mustTell;
      mustTell = false;
      return must;
    },
    /** Never of a channel that says nothing: it may be one that nobody writes to. */
    isQuiet: () => hasSpoken && performance.now() > busyUntil,
    async *rest(): AsyncGenerator<LiveRunEvent> {
      leave.abort();
      yield* take(await next());
      leave = new AbortController();
      const until = performance.now() + LAST_MS;
      while (performance.now() < until) {
        const items = await reader.next(LAST_WAIT_MS, signal);
        if (items.length === 0) return;
        yield* take(items);
      }
    },
  };
}
