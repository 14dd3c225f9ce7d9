// Runs in the workflow sandbox: what the SDK's hook on promises has to look after.
import { sleep } from '@temporalio/workflow';

/** A promise that nobody waits for fails. */
export async function forgetsFailure(): Promise<void> {
  void Promise.reject(new Error('nobody waits'));
  await sleep('1 hour');
}

/** What a workflow sees of the hook's way into the sandbox. */
export async function looksAround(): Promise<readonly unknown[]> {
  await Promise.resolve();
  const compile = Promise.constructor as (body: string) => () => unknown;
  return [compile('return 6 * 7')(), new Error('x').message, Promise.name];
}
