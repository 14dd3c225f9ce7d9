import type { AgentResult } from '../../common/agent.ts';
import { mayHaveCalled } from '../../common/may-have-called.ts';
import type { BatchItem } from './batch-record.ts';

/** Only what is known to have called nothing has not: a run that broke off leaves no result. */
export function mayHaveActed({
  result,
  startedAtMs,
  problem,
}: Pick<BatchItem, 'result' | 'startedAtMs' | 'problem'>): boolean {
  if (result === null) return !(startedAtMs === null && problem !== null);
  const { toolCalls = Infinity, steps = [] } = result as unknown as Partial<AgentResult>;
  return mayHaveCalled({ toolCalls, steps });
}
