// Runs in the workflow sandbox: the same batch hand-written on bare Temporal. A window of activities,
// one for each item; the history begins anew every 1,000 items.
import { continueAsNew, proxyActivities } from '@temporalio/workflow';

export interface BareInput {
  readonly from: number;
  readonly total: number;
  readonly window: number;
}

const CONTINUE_AFTER = 1_000;

const { payItem } = proxyActivities<{ payItem(index: number): Promise<string> }>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
});

export async function bareBatch({ from, total, window }: BareInput): Promise<void> {
  const last = Math.min(total, from + CONTINUE_AFTER);
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < last) {
      next += 1;
      await payItem(next - 1);
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  if (last < total) await continueAsNew<typeof bareBatch>({ from: last, total, window });
}
