import type { RunPlanResult } from '../../common/agent.ts';
import type { AgentRound } from '../../common/agent-rounds.ts';
import { NO_AGENTS } from '../../common/agent-rounds.ts';
import type { BatchItem } from './batch-record.ts';
import { mayHaveActed } from './may-have-acted.ts';

/** What a round of an item is told of the child agents of its plan. */
export function agentRound(
  item: Pick<BatchItem, 'result' | 'startedAtMs' | 'problem'>,
  round: number,
): AgentRound {
  if (round === 1 || !mayHaveActed(item)) return { round, ...NO_AGENTS };
  const { agents } = (item.result ?? {}) as unknown as Partial<RunPlanResult>;
  return { round, ...(agents ?? { answered: {}, acted: null }) };
}
