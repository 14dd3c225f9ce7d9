/** Where a value of a cache lies: `key` starts with `scope`, and both are from `cache-key.ts`. */
export interface CacheAddress {
  /** A tenant and a kind: what is forgotten together. */
  readonly scope: string;
  readonly key: string;
}

export interface StoredPayload {
  readonly payload: string;
  /** Served at most this much longer, ms. */
  readonly ttlMs: number;
}

export interface Look {
  /** The word under which the scope's values count now. */
  readonly generation: string;
  /** `same`: the caller's own value, which it holds under that word, still counts. */
  readonly found: 'same' | 'none' | StoredPayload;
}

export type Claim =
  | { readonly kind: 'value'; readonly stored: StoredPayload }
  /** The caller loads, and then says `keep` or `open`. */
  | { readonly kind: 'leased' }
  /** Someone else loads. */
  | { readonly kind: 'held' }
  /** Whoever loaded last left nothing to share: everyone loads for himself. */
  | { readonly kind: 'open' }
  /** The scope was forgotten meanwhile. */
  | { readonly kind: 'moved' };

/** A cache that several processes share, with one loader a key. Any operation may fail. */
export interface SharedStore {
  /** @param held the word under which the caller holds a value of this key; `''` where it holds none. */
  look(address: CacheAddress, held: string): Promise<Look>;
  claim(address: CacheAddress, generation: string, owner: string, leaseMs: number): Promise<Claim>;
  /** @returns false where the lease is someone else's by now. */
  renew(address: CacheAddress, owner: string, leaseMs: number): Promise<boolean>;
  /** Gives the lease back with a value. @returns false where the scope was forgotten meanwhile. */
  keep(
    address: CacheAddress,
    generation: string,
    owner: string,
    stored: StoredPayload,
  ): Promise<boolean>;
  /** Gives the lease back without a value. */
  open(address: CacheAddress, owner: string): Promise<void>;
  /** Removes one entry, such as a damaged one. */
  drop(address: CacheAddress): Promise<void>;
  /** Forgets all that is kept, and whatever a load that is under way will bring. */
  forget(scope: string): Promise<void>;
}
