import { randomFillSync } from 'node:crypto';
import { ulid } from 'ulid';

const pool = new Uint8Array(4096);
let at = pool.length;

/** A ULID. Randomness is fetched in bulk: one letter at a time costs more than the rest of a request. */
export function newId(): string {
  return ulid(undefined, random);
}

function random(): number {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  const byte = pool[at] ?? 0;
  at += 1;
  return byte / 256;
}
