import { crc32 } from 'node:zlib';
import type { JsonValue } from '../../common/json.ts';

/** A value as the shared cache holds it: its checksum, then its JSON. */
export function toPayload(value: JsonValue): string {
  const json = JSON.stringify(value);
  return `${checksum(json)}:${json}`;
}

/** @returns `undefined` where the payload is damaged or was cut off. */
export function fromPayload(payload: string): unknown {
  const colon = payload.indexOf(':');
  const json = payload.slice(colon + 1);
  if (colon === -1 || payload.slice(0, colon) !== checksum(json)) return undefined;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function checksum(text: string): string {
  return crc32(text).toString(36);
}
