import type { LiveEvent } from '../../common/live-event.ts';

export interface Outbox {
  add(key: string, event: LiveEvent): void;
  /** Sends what is left, once; then nothing is taken. */
  close(): Promise<void>;
}

/** Events that wait to be sent; more are counted and left out. */
const MAX_WAITING = 5_000;
const MAX_WAITING_CHARS = 4_000_000;
/** Channels of which it is known that something was left out. */
const MAX_DROPPED_KEYS = 1_000;
/** Events of a moment travel together. */
const EVERY_MS = 20;
const MAX_TOGETHER = 200;
/** One channel after the other would wait for the slowest; more at once serve nobody. */
const PARALLEL = 16;

/**
 * What is to be sent, a bounded queue: who adds never waits. What could not be sent, or did not fit,
 * is told in its channel as `dropped` with the next events that get there.
 *
 * @param send the events as JSON, in order; whether they got there.
 */
export function createOutbox(
  send: (key: string, events: readonly string[]) => Promise<boolean>,
): Outbox {
  let waiting = new Map<string, string[]>();
  const dropped = new Map<string, number>();
  let [count, chars] = [0, 0];
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<void> = Promise.resolve();
  let isClosed = false;

  function drop(key: string, events: number): void {
    if (dropped.size >= MAX_DROPPED_KEYS && !dropped.has(key)) return;
    dropped.set(key, (dropped.get(key) ?? 0) + events);
  }

  async function sendOne(key: string, events: readonly string[]): Promise<void> {
    for (let at = 0; at < events.length; at += MAX_TOGETHER) {
      const some = events.slice(at, at + MAX_TOGETHER);
      const missed = dropped.get(key) ?? 0;
      dropped.delete(key);
      const notice = missed === 0 ? [] : [JSON.stringify({ kind: 'dropped', events: missed })];
      if (!(await send(key, [...notice, ...some]))) drop(key, missed + some.length);
    }
  }

  async function flush(): Promise<void> {
    const channels = [...waiting];
    waiting = new Map();
    [count, chars] = [0, 0];
    for (let at = 0; at < channels.length; at += PARALLEL) {
      const some = channels.slice(at, at + PARALLEL);
      await Promise.all(some.map(([key, events]) => sendOne(key, events)));
    }
  }

  function sendSoon(): void {
    if (timer !== null || isClosed) return;
    timer = setTimeout(() => {
      sending = flush().finally(() => {
        timer = null;
        if (count > 0) sendSoon();
      });
    }, EVERY_MS);
    // A process that has nothing else to do does not stay for this.
    timer.unref();
  }

  return {
    add(key, event) {
      if (isClosed) return;
      const text = JSON.stringify(event);
      if (count >= MAX_WAITING || chars + text.length > MAX_WAITING_CHARS) return drop(key, 1);
      const events = waiting.get(key);
      if (events === undefined) waiting.set(key, [text]);
      else events.push(text);
      count += 1;
      chars += text.length;
      sendSoon();
    },
    async close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      await sending;
      await flush();
    },
  };
}
