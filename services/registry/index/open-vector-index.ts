import type { Logger } from 'pino';
import { createExactIndex } from './exact-index.ts';
import { createFaissIndex } from './faiss-index.ts';
import type { VectorGraph, VectorIndex } from './vector-index.ts';

export interface OpenedVectorIndex {
  readonly index: VectorIndex;
  /** Why it is not FAISS, for a health item; `null` where it is. */
  readonly problem: string | null;
}

/** FAISS, or the exact twin with a warning: the same answers, slower from about 20,000 tools on. */
export function openVectorIndex(
  dimensions: number,
  log: Logger,
  graph: VectorGraph | null = null,
): OpenedVectorIndex {
  try {
    return { index: createFaissIndex(dimensions, graph === null ? {} : { graph }), problem: null };
  } catch (error) {
    if (graph !== null) {
      log.warn({ err: error }, 'The saved vector graph cannot be read; it is built anew.');
      return openVectorIndex(dimensions, log);
    }
    const problem = `The FAISS addon cannot be loaded: ${firstLine(error)}`;
    log.warn(`${problem}. Search compares with every tool instead. Run "npm run bootstrap".`);
    return { index: createExactIndex(dimensions), problem };
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? text;
}
