/**
 * The parts of a prompt. `tools`: definitions of found tools; `results`: what the turn's steps and
 * artifacts brought; `history`: goal and turns before; `instructions`: what is always sent.
 */
export type Section = 'instructions' | 'tools' | 'history' | 'results';
/** Tokens by section. */
export type SectionTokens = Readonly<Record<Section, number>>;

export interface ContextBudget {
  /** Tokens of the whole prompt. */
  readonly promptTokens: number;
  readonly sections: SectionTokens;
}

/** Where nobody knows how much the model holds. */
const DEFAULT_PROMPT_TOKENS = 64_000;
/** More is rarely better and always paid for, whatever a model could hold. */
const MOST_PROMPT_TOKENS = 100_000;
/** Of the window: the answer needs room, and other tokenizers than o200k_base count up to a third more. */
const SHARE_OF_WINDOW = 0.6;
/** Of what the instructions leave. */
const SHARES = { tools: 0.25, results: 0.35, history: 0.4 };
/** A section that is smaller than this says nothing. */
const LEAST_TOKENS = 400;

/** How long a prompt may be where nothing is configured: a share of what the model holds. */
export function promptTokensFor(windowTokens: number | null): number {
  if (windowTokens === null) return DEFAULT_PROMPT_TOKENS;
  return Math.min(MOST_PROMPT_TOKENS, Math.floor(windowTokens * SHARE_OF_WINDOW));
}

/** Shares a prompt among its sections; what is always sent comes first. */
export function contextBudget(promptTokens: number, instructions: number): ContextBudget {
  const left = Math.max(0, promptTokens - instructions);
  const share = (part: number) => Math.max(LEAST_TOKENS, Math.floor(left * part));
  return {
    promptTokens,
    sections: {
      instructions,
      tools: share(SHARES.tools),
      history: share(SHARES.history),
      results: share(SHARES.results),
    },
  };
}
