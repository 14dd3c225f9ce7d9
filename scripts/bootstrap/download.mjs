import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A closed network must cost seconds, a slow one may take its time. */
const ANSWER_WITHIN_MS = 5_000;
const STALLED_AFTER_MS = 20_000;

/**
 * Fetches `url` into `file`. Never rejects: having no network is an expected state.
 *
 * @param {string} url
 * @param {string} file a leftover of a failed fetch is the caller's to remove
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>} empty, or the reason why it failed
 */
export async function download(url, file, signal) {
  const limit = new AbortController();
  const stop = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal;
  let timer = setTimeout(() => limit.abort(), ANSWER_WITHIN_MS);
  /** @type {(chunks: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>} */
  const watch = async function* (chunks) {
    for await (const chunk of chunks) {
      clearTimeout(timer);
      timer = setTimeout(() => limit.abort(), STALLED_AFTER_MS);
      yield chunk;
    }
  };
  try {
    const answer = await fetch(url, { signal: stop });
    if (!answer.ok || !answer.body) return `HTTP ${answer.status}`;
    mkdirSync(dirname(file), { recursive: true });
    const body = Readable.fromWeb(
      /** @type {import('node:stream/web').ReadableStream} */ (answer.body),
    );
    await pipeline(body, watch, createWriteStream(file), { signal: stop });
    return '';
  } catch (error) {
    if (limit.signal.aborted) return 'no answer in time';
    const { message, cause } = /** @type {Error} */ (error);
    return cause instanceof Error ? cause.message : message;
  } finally {
    clearTimeout(timer);
  }
}
