/** Too little for one tool; the first of a list is shown whatever it takes. */
const LEAST_TOKENS = 300;

/** What the lists of tools of one turn may take together, tokens. */
export interface ToolRoom {
  /** For the next list: half of what is left, so that a later search finds room too. */
  next(): number;
  take(tokens: number): void;
}

export function createToolRoom(tokens: number): ToolRoom {
  let left = tokens;
  return {
    next: () => Math.max(LEAST_TOKENS, Math.floor(left / 2)),
    take(taken) {
      left = Math.max(0, left - taken);
    },
  };
}
