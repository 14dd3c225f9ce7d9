import type { ToolId } from './tool.ts';

/** How an answer came that the tool which was asked for did not give. */
export type Degraded =
  /** Another tool answered, by a composition rule. */
  | (DegradedBy & { readonly kind: 'alternative-tool'; readonly rule: string })
  /** The step's own fallback did. */
  | (DegradedBy & { readonly kind: 'fallback' })
  /** The tool's own last answer to the same call. */
  | { readonly kind: 'stale-cache'; readonly ageMs: number; readonly why: string };

interface DegradedBy {
  /** Which one answered. */
  readonly tool: ToolId;
  /** Why the tool itself did not. */
  readonly why: string;
}

/** In a few words: `stale cache, 42 s old`. */
export function degradedWords(degraded: Degraded): string {
  if (degraded.kind === 'stale-cache') return staleWords(degraded.ageMs);
  return `answered by ${degraded.tool} instead`;
}

export function staleWords(ageMs: number): string {
  const seconds = Math.round(ageMs / 1000);
  if (seconds < 120) return `stale cache, ${seconds} s old`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120
    ? `stale cache, ${minutes} min old`
    : `stale cache, ${Math.round(minutes / 60)} h old`;
}
