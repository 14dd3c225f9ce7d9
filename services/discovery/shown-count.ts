import { FIT_THRESHOLD } from '../registry/search/confidence.ts';

/** Tools that an answer holds at least and at most, where something fits. */
const FEWEST = 3;
const MOST = 8;
/** From here on the few are enough. */
const SURE = 0.75;
/** From here down the most are shown: the lowest confidence at which something fits at all. */
const UNSURE = FIT_THRESHOLD;

/** How many tools to show: few where the search is sure, more where the right one may rank lower. */
export function shownCount(confidence: number): number {
  const doubt = (SURE - confidence) / (SURE - UNSURE);
  return FEWEST + Math.round(Math.min(1, Math.max(0, doubt)) * (MOST - FEWEST));
}
