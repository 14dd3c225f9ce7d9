export interface GroupOptions<Item, Result> {
  /** One statement for all of them. @returns their results, in the same order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Items of one key are never in one statement: the later one waits for the earlier one. */
  readonly keyOf: (item: Item) => string;
  /** Whether a statement that failed so did nothing at all; then each of its items is tried alone. */
  readonly didNothing: (error: unknown) => boolean;
  /** Statements at one time. */
  readonly atOnce: number;
  /** Items in one statement. @default 200 */
  readonly most?: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly key: string;
  readonly end: PromiseWithResolvers<Result>;
}

/**
 * Group commit: what is asked while earlier statements run goes together in the next one, so that
 * many callers pay for one statement and one commit. Nobody waits for company: who comes alone goes
 * alone.
 */
export function groupCalls<Item, Result>(
  options: GroupOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  const { run, keyOf, didNothing, atOnce, most = 200 } = options;
  let queue: Waiting<Item, Result>[] = [];
  const busyKeys = new Set<string>();
  let running = 0;
  let isPlanned = false;

  function takeGroup(): Waiting<Item, Result>[] {
    const group: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    for (const waiting of queue) {
      if (group.length === most || busyKeys.has(waiting.key)) left.push(waiting);
      else {
        busyKeys.add(waiting.key);
        group.push(waiting);
      }
    }
    queue = left;
    return group;
  }

  async function settle(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await run(group.map(({ item }) => item));
      group.forEach(({ end }, at) => end.resolve(results[at] as Result));
    } catch (error) {
      if (group.length === 1 || !didNothing(error)) for (const { end } of group) end.reject(error);
      // One that the database refuses is no reason to refuse the others.
      else for (const waiting of group) await settle([waiting]);
    }
  }

  async function runGroup(group: readonly Waiting<Item, Result>[]): Promise<void> {
    running += 1;
    await settle(group);
    running -= 1;
    for (const { key } of group) busyKeys.delete(key);
    plan();
  }

  function start(): void {
    isPlanned = false;
    while (running < atOnce) {
      const group = takeGroup();
      if (group.length === 0) return;
      void runGroup(group);
    }
  }

  /** After what is to be done now anyway, which may ask for more of the same. */
  function plan(): void {
    if (isPlanned || queue.length === 0) return;
    isPlanned = true;
    setImmediate(start);
  }

  return (item) => {
    const end = Promise.withResolvers<Result>();
    queue.push({ item, key: keyOf(item), end });
    plan();
    return end.promise;
  };
}
