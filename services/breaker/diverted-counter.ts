const MAX_WAIT_MS = 1_000;

/** Counts the calls of one breaker that went another way, and sends their number once a second. */
export interface DivertedCounter {
  add(): void;
  flush(): Promise<void>;
}

/** @param send what it throws is dropped: a number that is too small does no harm. */
export function createDivertedCounter(send: (calls: number) => Promise<unknown>): DivertedCounter {
  let calls = 0;
  let timer: NodeJS.Timeout | null = null;
  async function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const sent = calls;
    calls = 0;
    if (sent > 0) await send(sent).catch(() => undefined);
  }
  return {
    add() {
      calls += 1;
      timer ??= setTimeout(() => void flush(), MAX_WAIT_MS).unref();
    },
    flush,
  };
}
