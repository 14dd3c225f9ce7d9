import type { RunPlanResult } from '../../common/agent.ts';
import { calledAnew } from '../../common/called-anew.ts';
import type { BatchItem, ItemEnd } from './batch-record.ts';

/**
 * Epochs of an item's next round. A step whose tool said no in an earlier one is called anew, and so
 * is one that was undone; all others keep their key, so that what was done answers from the ledger.
 */
export function nextEpochs({
  epochs,
  result,
}: Pick<BatchItem, 'epochs' | 'result'>): ItemEnd['epochs'] {
  const anew = [...((result?.['refused'] ?? []) as readonly string[]), ...ofRun(result)];
  const raised = anew.map((step) => [step, (epochs[step] ?? 1) + 1] as const);
  return { ...epochs, ...Object.fromEntries(raised) };
}

/** Of the result of a plan's run. */
function ofRun(result: BatchItem['result']): readonly string[] {
  const { results, steps = [], anewBelow = [] } = (result ?? {}) as Partial<RunPlanResult>;
  // Without them it is an agent's, whose calls have other keys in each round.
  return results === undefined ? [] : calledAnew({ results, steps, anewBelow });
}
