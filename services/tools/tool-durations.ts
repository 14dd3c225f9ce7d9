import { LRUCache } from 'lru-cache';
import type { TenantId } from '../../common/tenant.ts';
import type { ToolId } from '../../common/tool.ts';

/** What calls of each tool have taken of late, in this process. */
export interface ToolDurations {
  /** Takes note of an answered call, ms; what a cache answered says nothing about the tool. */
  record(tenantId: TenantId, tool: ToolId, durationMs: number): void;
  /** ms, rounded; `null`: none was seen yet. */
  expected(tenantId: TenantId, tool: ToolId): number | null;
}

/** Weight of the newest call: the last ten or so decide, and one slow answer does not. */
const WEIGHT = 0.2;
export const MAX_TOOLS = 10_000;

/** Exponentially weighted moving averages. They only order starts, so losing them costs no result. */
export function createToolDurations(): ToolDurations {
  const averages = new LRUCache<string, number>({ max: MAX_TOOLS });
  const keyOf = (tenantId: TenantId, tool: ToolId): string => JSON.stringify([tenantId, tool]);
  return {
    record(tenantId, tool, durationMs) {
      const key = keyOf(tenantId, tool);
      const known = averages.get(key) ?? durationMs;
      averages.set(key, known + WEIGHT * (durationMs - known));
    },
    expected(tenantId, tool) {
      const average = averages.get(keyOf(tenantId, tool));
      return average === undefined ? null : Math.round(average);
    },
  };
}
