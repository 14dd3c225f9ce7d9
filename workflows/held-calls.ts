// Runs in the workflow sandbox: tool calls that child runs were granted or lent, in all.

export interface HeldCalls {
  begun(child: string): void;
  granted(child: string, count: number): void;
  /** It gave back so many. @returns `false` where its account is closed: they are counted already. */
  returned(child: string, count: number): boolean;
  /** What it was granted or lent and has not given back, whether it was used or not. */
  of(child: string): number;
  /**
   * It was killed and has used so many: what it held beyond them comes back, and nothing that is
   * still on its way from it counts any more.
   */
  close(child: string, used: number): number;
  ended(child: string): void;
}

export function createHeldCalls(): HeldCalls {
  const held = new Map<string, number>();
  const closed = new Set<string>();
  const add = (child: string, count: number): void =>
    void held.set(child, (held.get(child) ?? 0) + count);
  return {
    begun(child) {
      closed.delete(child);
      held.set(child, 0);
    },
    granted: add,
    returned(child, count) {
      if (closed.has(child)) return false;
      add(child, -count);
      return true;
    },
    of: (child) => held.get(child) ?? 0,
    close(child, used) {
      closed.add(child);
      return Math.max(0, (held.get(child) ?? 0) - used);
    },
    ended: (child) => void held.delete(child),
  };
}
