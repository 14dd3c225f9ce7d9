import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { FAILURE } from '../common/failures.ts';
import { ServiceError } from './errors.ts';

const VERSION = 1;
const ID_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + ID_BYTES + IV_BYTES + TAG_BYTES;

/** Encrypts what only Ostinato may read (AES-256-GCM). */
export interface Sealer {
  /** @throws ServiceError (Conflict) where there is no key. */
  assertKey(): void;
  /**
   * @param place where it is kept: what is moved to another place does not open there.
   * @throws ServiceError (Conflict) where there is no key.
   */
  seal(value: unknown, place: readonly string[]): Uint8Array;
  /** @throws ServiceError (Conflict) where the key is not there or it was not sealed for the place. */
  open(sealed: Uint8Array, place: readonly string[]): unknown;
}

/** @param keys of 32 bytes each: the first seals, all open. */
export function createSealer(keys: readonly Uint8Array[]): Sealer {
  const byId = new Map(keys.map((key) => [idOf(key), key]));
  const [first] = keys;
  return {
    assertKey() {
      if (first === undefined) throw noKey();
    },
    seal(value, place) {
      if (first === undefined) throw noKey();
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', first, iv).setAAD(placeBytes(place));
      const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
      const id = Buffer.from(idOf(first), 'hex');
      return Buffer.concat([Buffer.of(VERSION), id, iv, cipher.getAuthTag(), body]);
    },
    open(sealed, place) {
      if (first === undefined) throw noKey();
      const bytes = Buffer.from(sealed);
      const key = byId.get(bytes.toString('hex', 1, 1 + ID_BYTES));
      if (bytes.length < HEAD_BYTES || bytes[0] !== VERSION || key === undefined) throw wrongKey();
      const iv = bytes.subarray(1 + ID_BYTES, 1 + ID_BYTES + IV_BYTES);
      const tag = bytes.subarray(HEAD_BYTES - TAG_BYTES, HEAD_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(placeBytes(place)).setAuthTag(tag);
      try {
        const text = decipher.update(bytes.subarray(HEAD_BYTES), undefined, 'utf8');
        return JSON.parse(text + decipher.final('utf8')) as unknown;
      } catch {
        throw wrongKey();
      }
    },
  };
}

function placeBytes(place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(place), 'utf8');
}

/** Tells keys apart, and tells nothing of them. */
function idOf(key: Uint8Array): string {
  return createHash('sha256')
    .update('ostinato seal ')
    .update(key)
    .digest('hex')
    .slice(0, 2 * ID_BYTES);
}

function noKey(): ServiceError {
  return new ServiceError(
    FAILURE.conflict,
    'Logins are kept encrypted, and OSTINATO_SEAL_KEY is not set. Set it to the same 32 bytes in ' +
      'base64 for all workers and the API; "openssl rand -base64 32" makes some.',
  );
}

function wrongKey(): ServiceError {
  return new ServiceError(
    FAILURE.conflict,
    'What is stored was not sealed with a key of OSTINATO_SEAL_KEY, or not for this place. Add the ' +
      'key that it was sealed with behind a comma, or log in again.',
  );
}
