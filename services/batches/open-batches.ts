import type { Database } from '../database/database.ts';
import type { PlanChecker } from '../planner/plan-checker.ts';
import type { ToolCaller } from '../tools/tool-caller.ts';
import type { BatchStore } from './batch-store.ts';
import { createBatchStore } from './batch-store.ts';
import type { Batches } from './batches.ts';
import { createBatches } from './batches.ts';
import { fetchItems } from './fetch-items.ts';
import type { AllowedHosts } from '../net/outbound-policy.ts';
import { createOutboundFetch } from '../net/outbound.ts';

/** Silence of a file's server after which reading ends, ms. */
const SILENCE_MS = 30_000;

/** Batches on the real parts: their store, and what their workflows ask of a worker. */
export function openBatches(deps: {
  readonly database: Pick<Database, 'db'>;
  readonly plans: PlanChecker;
  /** With breakers in front: an item's calls are no activities of their own. */
  readonly tools: ToolCaller;
  readonly allowedHosts: AllowedHosts;
}): { readonly batches: Batches; readonly batchStore: BatchStore } {
  const store = createBatchStore(deps.database);
  const policy = { trust: 'stranger', allow: deps.allowedHosts } as const;
  const fetch = createOutboundFetch(policy, { silenceMs: SILENCE_MS });
  const batches = createBatches({
    store,
    plans: deps.plans,
    callTool: deps.tools.call,
    fetchItems: (url, signal) => fetchItems(url, { signal, fetch }),
  });
  return { batches, batchStore: store };
}
