/** What a worker loads. The exported names are the workflow types in histories: never rename one. */
export { runAgent } from './run-agent.ts';
export { runBatch } from './run-batch.ts';
export { runBatchItem } from './run-batch-item.ts';
export { runBatchShard } from './run-batch-shard.ts';
export { runConversation } from './run-conversation.ts';
export { runPlan } from './run-plan.ts';
