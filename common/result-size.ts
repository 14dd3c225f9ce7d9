import { resultText } from './result-value.ts';
import type { ToolResult } from './tool.ts';

/** Temporal refuses payloads of 2 MiB; this leaves room for the rest of a result. */
const MAX_CHARS = 1_000_000;
const PREVIEW_CHARS = 1_000;

/**
 * The results of a run, cut to what one payload may hold. Results are taken in order; once the
 * bound is reached, the rest keep a text preview (their whole is in the run's history).
 */
export function keepWithin(
  results: Readonly<Record<string, ToolResult>>,
): Readonly<Record<string, ToolResult>> {
  let chars = 0;
  const kept: Record<string, ToolResult> = {};
  for (const [id, result] of Object.entries(results)) {
    const size = JSON.stringify(result).length;
    chars += size;
    kept[id] = chars <= MAX_CHARS ? result : previewOf(result);
    if (chars > MAX_CHARS) chars -= size;
  }
  return kept;
}

function previewOf(result: ToolResult): ToolResult {
  const text = resultText(result);
  const shown = `${text.slice(0, PREVIEW_CHARS)}… [${text.length} characters; the whole result is in the run's history]`;
  return { ...result, content: [{ kind: 'text', text: shown }], structured: null };
}
