export const PRESETS = ['configured', 'cheap', 'fast', 'best', 'balanced'] as const;

/** What a route is chosen by. `configured` keeps the operator's order. */
export type Preset = (typeof PRESETS)[number];

/** Shares of a route's score; each part is 0 to 1 and the shares add up to 1. */
export interface Weights {
  readonly price: number;
  readonly speed: number;
  readonly quality: number;
}

export const WEIGHTS: Readonly<Record<Exclude<Preset, 'configured'>, Weights>> = {
  cheap: { price: 0.8, speed: 0.05, quality: 0.15 },
  fast: { price: 0.1, speed: 0.8, quality: 0.1 },
  best: { price: 0.05, speed: 0.05, quality: 0.9 },
  balanced: { price: 0.35, speed: 0.25, quality: 0.4 },
};
