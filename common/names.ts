/**
 * Durable names: stored in histories, schedules and other people's code. Renaming one breaks open
 * runs; `test/architecture/pins.test.ts` freezes them.
 */

/** One queue for agents, tools and models; a deployment that splits them names its own. */
export const DEFAULT_TASK_QUEUE = 'ostinato';

/** Under which Temporal knows the versions of the workers, where they have versions. */
export const DEFAULT_DEPLOYMENT = 'ostinato';

export const WORKFLOW = {
  runAgent: 'runAgent',
  runConversation: 'runConversation',
  runPlan: 'runPlan',
  runBatch: 'runBatch',
  runBatchShard: 'runBatchShard',
  runBatchItem: 'runBatchItem',
} as const;

/** The update by which a tool call asks its run. */
export const TOOL_ASKS = 'toolAsks';

export const SEARCH_ATTRIBUTE = {
  tenant: 'OstinatoTenant',
  agent: 'OstinatoAgent',
  status: 'OstinatoStatus',
  model: 'OstinatoModel',
  costUsd: 'OstinatoCostUsd',
} as const;

/** Temporal's type of each search attribute; the server must know them before the first run. */
export const SEARCH_ATTRIBUTE_TYPE = {
  OstinatoTenant: 'KEYWORD',
  OstinatoAgent: 'KEYWORD',
  OstinatoStatus: 'KEYWORD',
  OstinatoModel: 'KEYWORD',
  OstinatoCostUsd: 'DOUBLE',
} as const;
