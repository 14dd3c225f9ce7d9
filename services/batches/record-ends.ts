import type { ItemEnd } from './batch-record.ts';

export interface EndRecorder {
  add(end: ItemEnd): void;
  /** Resolves when all that was added is written. @throws the first error of a write. */
  flush(): Promise<void>;
}

const PAGE = 50;

/**
 * Writes ends of items a page at a time, one write after the other: a write an item would cost more
 * than many a tool. What a crash loses is run again, and the effect ledger knows what was done.
 */
export function recordEnds(write: (ends: readonly ItemEnd[]) => Promise<void>): EndRecorder {
  let page: ItemEnd[] = [];
  let writing = Promise.resolve();
  let failure: unknown = null;
  const send = (): void => {
    const ends = page;
    page = [];
    if (ends.length === 0) return;
    writing = writing
      .then(() => write(ends))
      .catch((error: unknown) => {
        failure ??= error;
      });
  };
  return {
    add(end) {
      page.push(end);
      if (page.length >= PAGE) send();
    },
    async flush() {
      send();
      await writing;
      if (failure !== null) throw failure as Error;
    },
  };
}
