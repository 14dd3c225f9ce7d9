/** What a worker loads. The exported names are the workflow types in histories: never rename one. */
export { runAgent } from './run-agent.ts';
export { runPlan } from './run-plan.ts';
