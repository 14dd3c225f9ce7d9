import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import { ServiceError } from '../errors.ts';
import type { BatchStore } from './batch-store.ts';
import { MAX_ITEMS, readItems } from './read-items.ts';

/**
 * Stores a file of items, in the place of what was stored before.
 *
 * @returns how many there are, broken lines included.
 * @throws ServiceError (BadInput) where there is none, or more than 100,000; nothing is then stored.
 */
export async function storeItems(
  store: Pick<BatchStore, 'addItems' | 'removeItems' | 'set'>,
  tenantId: TenantId,
  batchId: string,
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<number> {
  await store.removeItems(tenantId, batchId);
  let total = 0;
  for await (const page of readItems(source)) {
    signal.throwIfAborted();
    total += page.length;
    if (total > MAX_ITEMS) {
      await store.removeItems(tenantId, batchId);
      throw bad(`The file has more than ${MAX_ITEMS} items. Split it into several batches.`);
    }
    await store.addItems(tenantId, batchId, page);
  }
  if (total === 0) throw bad('The file has no items: give one JSON value a line.');
  await store.set(tenantId, batchId, { total });
  return total;
}

function bad(message: string): ServiceError {
  return new ServiceError(FAILURE.badInput, message);
}
