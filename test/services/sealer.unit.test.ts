// Proves that what is sealed opens with its key and for its place alone, and after a change of keys.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../common/failures.ts';
import { createSealer } from '../../services/sealer.ts';

const [first, second] = [randomBytes(32), randomBytes(32)];
const place = ['grant', 'tenant', 'server'];
const value = { token: 'a-token', nested: [1, null, 'ü'] };

describe('a sealer', () => {
  it('seals and opens → the same, and never the same bytes', () => {
    const { seal, open } = createSealer([first]);
    const sealed = seal(value, place);
    expect(open(sealed, place)).toEqual(value);
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('a-token');
    expect(Buffer.from(seal(value, place)).equals(Buffer.from(sealed))).toBe(false);
  });

  it('a new key before the old one → the old is opened, the new one seals', () => {
    const old = createSealer([first]).seal(value, place);
    const both = createSealer([second, first]);
    expect(both.open(old, place)).toEqual(value);
    expect(createSealer([second]).open(both.seal(value, place), place)).toEqual(value);
  });

  it.each([
    ['another place', (bytes: Uint8Array) => [bytes, ['grant', 'other', 'server']] as const],
    ['names joined otherwise', (bytes: Uint8Array) => [bytes, ['grant', 'tenantserver']] as const],
    ['a changed byte', (bytes: Uint8Array) => [flip(bytes, bytes.length - 1), place] as const],
    ['a changed nonce', (bytes: Uint8Array) => [flip(bytes, 6), place] as const],
    ['a changed tag', (bytes: Uint8Array) => [flip(bytes, 20), place] as const],
    ['another version', (bytes: Uint8Array) => [flip(bytes, 0), place] as const],
    ['cut off', (bytes: Uint8Array) => [bytes.subarray(0, 10), place] as const],
    ['nothing', () => [new Uint8Array(), place] as const],
  ])('%s → does not open', (_what, change) => {
    const sealer = createSealer([first]);
    const [bytes, where] = change(sealer.seal(value, place));
    expect(() => sealer.open(bytes, where)).toThrow('OSTINATO_SEAL_KEY');
  });

  it('another key → does not open', () => {
    const sealed = createSealer([first]).seal(value, place);
    expect(() => createSealer([second]).open(sealed, place)).toThrow('not sealed with a key');
  });

  it('no key → says how to make one', () => {
    const { assertKey, seal, open } = createSealer([]);
    for (const attempt of [assertKey, () => seal(value, place), () => open(first, place)]) {
      expect(attempt).toThrow(
        expect.objectContaining({
          type: FAILURE.conflict,
          message: expect.stringContaining('openssl rand -base64 32') as string,
        }),
      );
    }
  });
});

function flip(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
}
