// Runs in the workflow sandbox: the plan of the bench as somebody writes it by hand on Temporal.
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';

export interface BareActivities {
  work(input: {
    readonly name: string;
    readonly tool: string;
    readonly ms: number;
  }): Promise<unknown>;
}

export interface BareInput {
  readonly run: string;
  readonly chains: number;
  readonly length: number;
  readonly tool: string;
  readonly ms: number;
}

const { work } = proxyActivities<BareActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Chains of steps, each step after the one before it in its chain. */
export async function barePlan({ run, chains, length, tool, ms }: BareInput): Promise<unknown[]> {
  const chain = async (number: number): Promise<unknown> => {
    let last: unknown = null;
    for (let place = 0; place < length; place += 1) {
      last = await work({ name: `${run}-${number}-${place}`, tool, ms });
    }
    return last;
  };
  return Promise.all(Array.from({ length: chains }, (_, number) => chain(number)));
}
