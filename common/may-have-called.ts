import type { AgentResult } from './agent.ts';

/** Whether an agent's run, or one below it, may have called a tool. */
export function mayHaveCalled({
  toolCalls,
  steps,
}: Pick<AgentResult, 'toolCalls' | 'steps'>): boolean {
  return toolCalls > 0 || steps.some(({ run }) => run !== undefined);
}
