import type { UsageRow } from './usage-rows.ts';

/** A stretch in which a route was called, over all workers. */
export interface HealthStretch {
  readonly atMs: number;
  /** `healthy` below 10 % of failed calls, `failing` from 50 % on. */
  readonly state: 'healthy' | 'degraded' | 'failing';
  readonly calls: number;
  readonly failed: number;
  /** Mean of an attempt, ms. */
  readonly latencyMs: number;
  readonly costUsd: number;
  readonly lastProblem: string | null;
}

const DEGRADED_FROM = 0.1;
const FAILING_FROM = 0.5;

/** What was seen of one route, a line a stretch, oldest first; without calls there is no line. */
export function routeHistory(rows: readonly UsageRow[]): readonly HealthStretch[] {
  const all = new Map<number, UsageRow[]>();
  for (const row of rows) all.set(row.atMs, [...(all.get(row.atMs) ?? []), row]);
  return [...all]
    .sort(([a], [b]) => a - b)
    .map(([atMs, same]) => {
      const sum = (of: (row: UsageRow) => number) =>
        same.reduce((total, row) => total + of(row), 0);
      const calls = sum((row) => row.calls);
      const failed = sum((row) => row.failed);
      const share = failed / calls;
      return {
        atMs,
        state: share >= FAILING_FROM ? 'failing' : share >= DEGRADED_FROM ? 'degraded' : 'healthy',
        calls,
        failed,
        latencyMs: sum((row) => row.latencySumMs) / calls,
        costUsd: sum((row) => row.costUsd),
        lastProblem: same.findLast((row) => row.lastProblem !== null)?.lastProblem ?? null,
      };
    });
}
