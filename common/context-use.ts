/** What optimising the context of model calls did. Tokens are counted with o200k_base. */
export interface ContextUse {
  /** Sent over all model calls, by section of the prompt. */
  readonly sent: ContextSent;
  /** Not sent, each counted once: where it was spared, although later prompts are shorter for it too. */
  readonly saved: ContextSaved;
  /** Times that earlier messages were replaced by a summary. */
  readonly compactions: number;
}

export interface ContextSent {
  /** System prompt and the fixed tools. */
  readonly instructions: number;
  /** Definitions of found tools. */
  readonly tools: number;
  /** Goal, and the turns before. */
  readonly history: number;
  /** What steps and artifacts brought in the turn itself. */
  readonly results: number;
}

export interface ContextSaved {
  /** Definitions shown in short instead of whole. */
  readonly schemas: number;
  /** Long results cut; their whole is an artifact. */
  readonly results: number;
  /** Results that the model had before, named instead of repeated. */
  readonly repeats: number;
  /** Earlier messages replaced by a summary. */
  readonly history: number;
  /** Found tools that were no longer used, dropped. */
  readonly tools: number;
}

export const NO_CONTEXT_USE: ContextUse = {
  sent: { instructions: 0, tools: 0, history: 0, results: 0 },
  saved: { schemas: 0, results: 0, repeats: 0, history: 0, tools: 0 },
  compactions: 0,
};

export function addContextUse(left: ContextUse, right: ContextUse): ContextUse {
  return {
    sent: addEach(left.sent, right.sent),
    saved: addEach(left.saved, right.saved),
    compactions: left.compactions + right.compactions,
  };
}

/** All that was sent, or all that was saved. */
export function totalTokens(tokens: ContextSent | ContextSaved): number {
  return Object.values(tokens).reduce((sum: number, count: number) => sum + count, 0);
}

function addEach<Counts extends ContextSent | ContextSaved>(left: Counts, right: Counts): Counts {
  const added = Object.entries(left).map(([key, count]: [string, number]) => [
    key,
    count + (right[key as keyof Counts] as number),
  ]);
  return Object.fromEntries(added) as Counts;
}
