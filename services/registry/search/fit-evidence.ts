import type { LexicalIndex } from './lexical-index.ts';
import type { ScoredTool } from './score-tools.ts';

/** What speaks for and against one of the tools doing what is asked; each about 0 to 1. */
export interface FitEvidence {
  /** Cosine of the nearest tool to the request, or to one of its steps. */
  readonly nearest: number;
  /** How far the best tool's score is above the twentieth's: what fits stands out. */
  readonly lead: number;
  /** Share of the request's words, rare ones weighing more, that the best three tools have. */
  readonly covered: number;
  /** The same for the best tool alone, of the words that any tool has. */
  readonly coveredByBest: number;
}

export interface Searched {
  readonly whole: ReadonlyMap<string, ScoredTool>;
  readonly steps: readonly ReadonlyMap<string, ScoredTool>[];
  /** Of the whole request. */
  readonly words: readonly string[];
  readonly lexical: LexicalIndex;
  /** What the search was limited to: words that only other tools have are unknown. */
  readonly accept: (key: string) => boolean;
}

/** Tools whose words count as the answer's. */
const TOP = 3;
const COMPARED_RANK = 20;
/** The mean over the labelled sets: in a catalogue too small to stand out from, it says nothing. */
const USUAL_LEAD = 0.667;

/** `null` where no tool was scored. */
export function fitEvidence(searched: Searched): FitEvidence | null {
  const { whole, steps, words, lexical, accept } = searched;
  const best = [...whole.values()].sort((a, b) => b.score - a.score);
  const [first] = best;
  if (first === undefined) return null;
  const probes = steps.length === 0 ? [whole] : steps;
  const nearest = Math.max(
    ...probes.flatMap((probe) => [...probe.values()].map(({ cosine }) => cosine)),
  );
  const compared = best[COMPARED_RANK - 1];
  const top = best.slice(0, TOP).map(({ key }) => key);
  return {
    nearest,
    lead: compared === undefined ? USUAL_LEAD : first.score - compared.score,
    covered: lexical.coverage(words, top, { accept, countUnknown: true }),
    coveredByBest: lexical.coverage(words, [first.key], { accept, countUnknown: false }),
  };
}
