import { readFile } from 'node:fs/promises';
import type { RunPlanResult } from '../../../../common/agent.ts';

/** A run as Temporal has it at the end. Times are ms since the epoch. */
export interface EndedRun {
  readonly runId: string;
  readonly workflowId: string;
  /** `null`: it did not end in time, or has no result. */
  readonly result: RunPlanResult | null;
  readonly endedAtMs: number;
}

export interface Verdict {
  /** Runs that did not end, or say that a step is done of which the server knows nothing. */
  readonly lost: number;
  /** Effects that happened more than once under one key. */
  readonly duplicates: number;
  /** Steps whose outcome was said to be unknown: what is left for a person. */
  readonly unknown: number;
}

const ACTS = ['pay', 'pay-once'];

/** Judges runs by the server's own journal, which each call reached before its answer left. */
export async function judge(journal: string, runs: readonly EndedRun[]): Promise<Verdict> {
  const effects = new Map<string, number>();
  for (const line of (await readFile(journal, 'utf8')).split('\n')) {
    const entry = parsed(line);
    if (entry?.kind !== 'effect' || entry.key === null) continue;
    effects.set(entry.key, (effects.get(entry.key) ?? 0) + 1);
  }
  let lost = 0;
  let duplicates = 0;
  let unknown = 0;
  for (const { workflowId, result } of runs) {
    const keys = ACTS.map((step) => `${workflowId}/${step}/1`);
    duplicates += keys.filter((key) => (effects.get(key) ?? 0) > 1).length;
    const missing = result?.steps.some(
      ({ id, state }) =>
        state === 'done' && ACTS.includes(id) && !effects.has(`${workflowId}/${id}/1`),
    );
    if (missing !== false) lost += 1;
    unknown +=
      result?.steps.filter(({ problem }) => problem?.includes('may or may not have acted'))
        .length ?? 0;
  }
  return { lost, duplicates, unknown };
}

/** A server that was killed may leave half a line behind. */
function parsed(line: string): { kind: string; key: string | null } | null {
  try {
    return JSON.parse(line) as { kind: string; key: string | null };
  } catch {
    return null;
  }
}
