import type { Logger } from 'pino';
import type { LiveChannel, LiveItem, LiveOffset } from '../../common/live-event.ts';
import { isLiveOffset, parseOffset } from '../../common/live-event.ts';
import type { RedisClient } from '../cache/connect-redis.ts';
import { createReach } from '../cache/reach.ts';
import type { LiveStreams } from './live-streams.ts';
import { MAX_EVENTS, PAGE, TTL_MS } from './live-streams.ts';
import { createOutbox } from './outbox.ts';
import { parseLiveEvent } from './parse-live-event.ts';
import { APPEND, READ } from './stream-scripts.ts';

export interface RedisStreamsOptions {
  readonly log: Logger;
  /** @default 2_000 */
  readonly maxEvents?: number;
}

/** A client that knows the scripts as commands. */
interface Scripts {
  ostinatoLiveAppend(key: string, ...args: readonly string[]): Promise<number>;
  ostinatoLiveRead(key: string, from: string, count: string): Promise<ReadReply>;
}

type ReadReply = readonly [newest: string, entries: readonly (readonly [string, string[]])[]];

/** How often a reader looks: while events come, and when it has been quiet for some looks. */
const LOOK_MS = 40;
const LOOK_SELDOM_MS = 250;
const BUSY_LOOKS = 25;

/**
 * Side channels that all processes share: a Redis Stream a run. While Redis is away nothing waits for
 * it; what was lost meanwhile is counted and told once it is back.
 *
 * @param redis not closed by this. The scripts become commands of the client.
 */
export function createRedisStreams(redis: RedisClient, options: RedisStreamsOptions): LiveStreams {
  const { log, maxEvents = MAX_EVENTS } = options;
  redis.defineCommand('ostinatoLiveAppend', { numberOfKeys: 1, lua: APPEND });
  redis.defineCommand('ostinatoLiveRead', { numberOfKeys: 1, lua: READ });
  const scripts = redis as unknown as Scripts;
  const reach = (what: string) => createReach({ what, log, onError: () => undefined });
  const writing = reach('The side channel of live events (writing)');
  const reading = reach('The side channel of live events (reading)');
  const outbox = createOutbox(async (key, events) => {
    const args = [String(maxEvents), String(TTL_MS), ...events];
    return (await writing.ask(() => scripts.ostinatoLiveAppend(key, ...args))) !== null;
  });
  return {
    publish: (channel, event) => outbox.add(keyOf(channel), event),
    open(channel, after) {
      const key = keyOf(channel);
      let at = after;
      let quiet = 0;
      return {
        async next(waitMs, signal) {
          const until = performance.now() + waitMs;
          for (;;) {
            const from = at === null ? '-' : following(at);
            const reply = await reading.ask(() =>
              scripts.ostinatoLiveRead(key, from, String(PAGE)),
            );
            const page = toPage(reply, at);
            at = page.at;
            quiet = page.items.length === 0 ? quiet + 1 : 0;
            const leftMs = until - performance.now();
            if (page.items.length > 0 || leftMs <= 0 || signal?.aborted === true) return page.items;
            const lookMs = quiet > BUSY_LOOKS ? LOOK_SELDOM_MS : LOOK_MS;
            await pause(Math.min(lookMs, leftMs), signal);
          }
        },
      };
    },
    close: () => outbox.close(),
  };
}

/** Tenants and runs are named by people: no name can reach into another's key. */
function keyOf({ tenantId, runId }: LiveChannel): string {
  return `ostinato:live:{${encodeURIComponent(tenantId)}:${encodeURIComponent(runId)}}`;
}

function following(at: LiveOffset): string {
  const { epoch, number } = parseOffset(at);
  return `${epoch}-${number + 1}`;
}

interface Page {
  readonly items: readonly LiveItem[];
  readonly at: LiveOffset | null;
}

function toPage(reply: ReadReply | null, at: LiveOffset | null): Page {
  if (reply === null) return { items: [], at };
  const [newest, entries] = reply;
  if (at !== null && isLiveOffset(newest) && isBefore(newest, at)) {
    // Another clock began the channel anew: it is read from its beginning.
    return { items: [{ kind: 'lost', events: null }], at: null };
  }
  const items: LiveItem[] = [];
  let last = at;
  for (const [id, fields] of entries) {
    if (!isLiveOffset(id)) continue;
    const lost = at === null && last === null ? null : lostBetween(last, id);
    if (lost !== null) items.push(lost);
    last = id;
    const event = parseLiveEvent(fields[1] ?? '');
    if (event !== null) items.push({ kind: 'event', offset: id, event });
  }
  return { items, at: last };
}

function lostBetween(last: LiveOffset | null, next: LiveOffset): LiveItem | null {
  if (last === null) return null;
  const [known, found] = [parseOffset(last), parseOffset(next)];
  if (known.epoch !== found.epoch) return { kind: 'lost', events: null };
  const missed = found.number - known.number - 1;
  return missed === 0 ? null : { kind: 'lost', events: missed };
}

function isBefore(a: LiveOffset, b: LiveOffset): boolean {
  const [first, second] = [parseOffset(a), parseOffset(b)];
  return first.epoch === second.epoch ? first.number < second.number : first.epoch < second.epoch;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
