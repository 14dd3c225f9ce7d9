// Proves the bounds of a file of items: none and too many are refused, and nothing is left of them.
import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { storeItems } from '../../../services/batches/store-items.ts';

function fakeStore() {
  const state = { items: 0, total: null as number | null };
  return {
    state,
    addItems: async (_tenant: unknown, _batch: unknown, items: readonly unknown[]) => {
      state.items += items.length;
    },
    removeItems: async () => {
      state.items = 0;
    },
    set: async (_tenant: unknown, _batch: unknown, change: { readonly total?: number | null }) => {
      state.total = change.total ?? null;
    },
  };
}

async function* file(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

describe('storeItems', () => {
  const { signal } = new AbortController();

  it('a file → its items and their number, in the place of what was there', async () => {
    const store = fakeStore();
    store.state.items = 7;
    expect(await storeItems(store, DEFAULT_TENANT_ID, 'b', file('1\n{x\n'), signal)).toBe(2);
    expect(store.state).toEqual({ items: 2, total: 2 });
  });

  it.each([
    ['\n \n', 'has no items'],
    ['1\n'.repeat(100_001), 'more than 100000 items'],
  ])('a file out of bounds → refused, nothing kept (%#)', async (text, problem) => {
    const store = fakeStore();
    await expect(
      storeItems(store, DEFAULT_TENANT_ID, 'b', file(text), signal),
    ).rejects.toMatchObject({
      type: 'BadInput',
      message: expect.stringContaining(problem) as string,
    });
    expect(store.state).toEqual({ items: 0, total: null });
  });

  it('an upload that is broken off → nothing is started', async () => {
    const store = fakeStore();
    const gone = AbortSignal.abort(new Error('broken off'));
    await expect(storeItems(store, DEFAULT_TENANT_ID, 'b', file('1\n'), gone)).rejects.toThrow(
      'broken off',
    );
    expect(store.state.total).toBeNull();
  });
});
