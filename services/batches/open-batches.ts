import type { Database } from '../database/database.ts';
import type { PlanChecker } from '../planner/plan-checker.ts';
import type { ToolCaller } from '../tools/tool-caller.ts';
import type { BatchStore } from './batch-store.ts';
import { createBatchStore } from './batch-store.ts';
import type { Batches } from './batches.ts';
import { createBatches } from './batches.ts';
import { fetchItems } from './fetch-items.ts';

/** Batches on the real parts: their store, and what their workflows ask of a worker. */
export function openBatches(deps: {
  readonly database: Pick<Database, 'db'>;
  readonly plans: PlanChecker;
  /** With breakers in front: an item's calls are no activities of their own. */
  readonly tools: ToolCaller;
  readonly allowPrivateUrls: boolean;
}): { readonly batches: Batches; readonly batchStore: BatchStore } {
  const store = createBatchStore(deps.database);
  const batches = createBatches({
    store,
    plans: deps.plans,
    callTool: deps.tools.call,
    fetchItems: (url, signal) => fetchItems(url, { signal, allowPrivate: deps.allowPrivateUrls }),
  });
  return { batches, batchStore: store };
}
