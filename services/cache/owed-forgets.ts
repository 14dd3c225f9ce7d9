const RETRY_MS = 1_000;

/** Forgets that the store could not be told of yet. */
export interface OwedForgets {
  /** Tells the store, now or as soon as it answers. */
  forget(scope: string): Promise<void>;
  /** @returns whether nothing is owed to the scope any more, so that what the store says of it counts. */
  settle(scope: string): Promise<boolean>;
  size(): number;
  /** What is still owed is given up: entries end by themselves with their time. */
  close(): void;
}

/** @param tell gives `null` where the store does not answer. */
export function createOwedForgets(tell: (scope: string) => Promise<true | null>): OwedForgets {
  /** How often each was asked for; bounded by the number of tenants. */
  const owed = new Map<string, number>();
  let timer: NodeJS.Timeout | null = null;

  async function settle(scope: string): Promise<boolean> {
    const asked = owed.get(scope);
    if (asked === undefined) return true;
    if ((await tell(scope)) === null) return false;
    // What was asked for meanwhile may have come too late for this telling.
    if (owed.get(scope) === asked) owed.delete(scope);
    return true;
  }

  function retry(): void {
    timer ??= setTimeout(() => void settleAll(), RETRY_MS).unref();
  }

  async function settleAll(): Promise<void> {
    for (const scope of owed.keys()) if (!(await settle(scope))) break;
    timer = null;
    if (owed.size > 0) retry();
  }

  return {
    settle,
    async forget(scope) {
      owed.set(scope, (owed.get(scope) ?? 0) + 1);
      if (!(await settle(scope))) retry();
    },
    size: () => owed.size,
    close() {
      if (timer !== null) clearTimeout(timer);
      owed.clear();
    },
  };
}
