import type { ApprovalRule, RunPolicy } from '../../common/approval.ts';
import type { BatchItem } from './batch-record.ts';

/**
 * An agent that begins anew does not know what it did before, and the ledger cannot tell: a new plan
 * has new keys. So a person decides on each call of the new round that may do something twice.
 */
const ASK: ApprovalRule = {
  effects: ['keyed', 'non-idempotent', 'compensable'],
  reason: 'An earlier round of this item called tools, and may have done this already.',
};

/** The policy of an agent's run in a later round. */
export function askAboutRepeats(
  policy: RunPolicy | undefined,
  item: Pick<BatchItem, 'result' | 'startedAtMs' | 'problem'>,
): RunPolicy | undefined {
  if (!mayHaveCalled(item)) return policy;
  return { ...policy, approvals: [...(policy?.approvals ?? []), ASK] };
}

/** Only what is known to have called nothing has not: a run that broke off leaves no result. */
function mayHaveCalled({
  result,
  startedAtMs,
  problem,
}: Pick<BatchItem, 'result' | 'startedAtMs' | 'problem'>): boolean {
  if (result !== null) return result['toolCalls'] !== 0;
  const neverBegan = startedAtMs === null && problem !== null;
  return !neverBegan;
}
