import type { FetchLike } from '@modelcontextprotocol/client';
import { currentCall } from './call-record.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * A `fetch` whose answers end in an error as soon as they exceed `maxBytes`, counted after
 * decompression. Of an event stream each event is counted alone, since such a stream may live as
 * long as the connection.
 *
 * @param onEventBytes told the size of each event as it grows
 */
export function limitResponses(
  fetch: FetchLike,
  maxBytes: number,
  onEventBytes: (bytes: number) => void = () => {},
): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init);
    const record = currentCall.getStore();
    if (record !== undefined && !response.ok) {
      record.retryAfterMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
    }
    if (response.body === null) return response;
    const isEvents = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    let bytes = 0;
    const limited = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          if (isEvents) {
            const last = lastEventStart(chunk);
            bytes = last === null ? bytes + chunk.length : chunk.length - last;
            onEventBytes(last === null ? bytes : Math.max(bytes, last));
          } else {
            bytes += chunk.length;
          }
          if (record !== undefined) record.bytes += chunk.length;
          if (bytes <= maxBytes) {
            controller.enqueue(chunk);
            return;
          }
          record?.dropAnswer(bytes);
          controller.error(new Error(`The answer has more than ${maxBytes} bytes.`));
        },
      }),
    );
    return new Response(limited, {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
    });
  };
}

/** Where the newest event in the chunk begins; `null` when no event ends in it. */
function lastEventStart(chunk: Uint8Array): number | null {
  for (let at = chunk.length - 1; at > 0; at -= 1) {
    if (chunk[at] !== NEWLINE) continue;
    const before = chunk[at - 1] === RETURN ? at - 2 : at - 1;
    if (before >= 0 && chunk[before] === NEWLINE) return at + 1;
  }
  return null;
}

/** `Retry-After` in seconds or as a date; `null` when absent or unreadable. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), 60_000) : null;
}
