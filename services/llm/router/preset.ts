export const PRESETS = ['configured', 'cheap', 'fast', 'best', 'balanced', 'cascade'] as const;

/**
 * What a route is chosen by. `configured` keeps the operator's order; `cascade` asks the cheapest first
 * and a dearer one where its answer is not valid.
 */
export type Preset = (typeof PRESETS)[number];

/** Shares of a route's score; each part is 0 to 1 and the shares add up to 1. */
export interface Weights {
  readonly price: number;
  readonly speed: number;
  readonly quality: number;
}

export const WEIGHTS: Readonly<Record<Exclude<Preset, 'configured' | 'cascade'>, Weights>> = {
  cheap: { price: 0.8, speed: 0.05, quality: 0.15 },
  fast: { price: 0.1, speed: 0.8, quality: 0.1 },
  best: { price: 0.05, speed: 0.05, quality: 0.9 },
  balanced: { price: 0.35, speed: 0.25, quality: 0.4 },
};
