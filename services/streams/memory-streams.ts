import { LRUCache } from 'lru-cache';
import type { LiveChannel, LiveEvent, LiveItem, LiveOffset } from '../../common/live-event.ts';
import { parseOffset } from '../../common/live-event.ts';
import type { LiveStreams } from './live-streams.ts';
import { MAX_EVENTS, PAGE, TTL_MS } from './live-streams.ts';

export interface MemoryStreamsOptions {
  /** @default 2_000 */
  readonly maxEvents?: number;
  /** Channels kept; those that were quiet longest go first. @default 200 */
  readonly maxChannels?: number;
  /** @default `Date.now` */
  readonly nowMs?: () => number;
}

/** What one channel may hold, as JSON. */
const MAX_CHARS = 500_000;

/** One channel's events: the newest ones, numbered from 1 without gaps. */
interface Log {
  readonly epoch: number;
  readonly events: LiveEvent[];
  /** Number of the first of `events`. */
  first: number;
  /** Of `events`, as JSON. */
  chars: number;
  readonly waiting: Set<() => void>;
}

/** Side channels inside one process: for an installation without Redis. */
export function createMemoryStreams(options: MemoryStreamsOptions = {}): LiveStreams {
  const { maxEvents = MAX_EVENTS, maxChannels = 200, nowMs = Date.now } = options;
  const logs = new LRUCache<string, Log>({
    max: maxChannels,
    ttl: TTL_MS,
    updateAgeOnGet: true,
    // Whoever waits looks again, and finds the channel gone.
    dispose: ({ waiting }) => wake(waiting),
  });
  let newest = 0;

  function logOf(channel: LiveChannel): Log {
    const key = keyOf(channel);
    const found = logs.get(key);
    if (found !== undefined) return found;
    // A channel that was forgotten within this millisecond must not come back under its old name.
    newest = Math.max(newest + 1, nowMs());
    const log = { epoch: newest, events: [], first: 1, chars: 0, waiting: new Set<() => void>() };
    logs.set(key, log);
    return log;
  }

  return {
    publish(channel, event) {
      const log = logOf(channel);
      log.events.push(event);
      log.chars += sizeOf(event);
      while (log.events.length > maxEvents || log.chars > MAX_CHARS) {
        log.chars -= sizeOf(log.events.shift());
        log.first += 1;
      }
      wake(log.waiting);
    },
    open(channel, after) {
      let at = after;
      return {
        async next(waitMs, signal) {
          // Also made where nothing was published yet: there is something to wait at.
          const log = logOf(channel);
          if (isAtEnd(log, at)) await untilWoken(log.waiting, waitMs, signal);
          const page = read(logOf(channel), at);
          at = page.at;
          return page.items;
        },
      };
    },
    close: () => Promise.resolve(),
  };
}

function sizeOf(event: LiveEvent | undefined): number {
  return event === undefined ? 0 : JSON.stringify(event).length;
}

function isAtEnd({ epoch, events, first }: Log, at: LiveOffset | null): boolean {
  if (events.length === 0) return true;
  if (at === null) return false;
  const { epoch: known, number } = parseOffset(at);
  return known === epoch && number === first + events.length - 1;
}

function read(
  { epoch, events, first }: Log,
  at: LiveOffset | null,
): { readonly items: readonly LiveItem[]; readonly at: LiveOffset | null } {
  const items: LiveItem[] = [];
  const end = first + events.length;
  if (events.length === 0) return { items, at };
  const known = at === null ? { epoch, number: 0 } : parseOffset(at);
  let next = known.number + 1;
  if (known.epoch !== epoch || next > end) {
    items.push({ kind: 'lost', events: null });
    next = first;
  } else if (next < first) {
    // Whoever begins gets what there is; only who knew an offset has missed something.
    if (at !== null) items.push({ kind: 'lost', events: first - next });
    next = first;
  }
  const last = Math.min(end, next + PAGE);
  for (let number = next; number < last; number += 1) {
    const event = events[number - first];
    if (event !== undefined) items.push({ kind: 'event', offset: `${epoch}-${number}`, event });
  }
  return { items, at: `${epoch}-${last - 1}` };
}

function keyOf({ tenantId, runId }: LiveChannel): string {
  return JSON.stringify([tenantId, runId]);
}

function wake(waiting: Set<() => void>): void {
  for (const tell of waiting) tell();
}

function untilWoken(
  waiting: Set<() => void>,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (waitMs <= 0 || signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      waiting.delete(done);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    waiting.add(done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
