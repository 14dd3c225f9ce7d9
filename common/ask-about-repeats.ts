import type { ApprovalRule, RunPolicy } from './approval.ts';

/**
 * An agent that begins anew does not know what it did before, and the ledger cannot tell: a new plan
 * has new keys. So a person decides on each call of the new round that may do something twice.
 */
const ASK: ApprovalRule = {
  effects: ['keyed', 'non-idempotent', 'compensable'],
  reason: 'An earlier round of this item called tools, and may have done this already.',
};

/** The policy of an agent's run in a later round, where an earlier one may have called tools. */
export function askAboutRepeats(policy: RunPolicy | undefined): RunPolicy {
  return { ...policy, approvals: [...(policy?.approvals ?? []), ASK] };
}
