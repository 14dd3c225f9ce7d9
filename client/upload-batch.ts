import { z } from 'zod';
import type { BatchRequest } from './batch-request.ts';
import type { ClientErrorCode } from './client-error.ts';
import { ClientError } from './client-error.ts';

/** Where the HTTP API is. */
export interface ApiPlace {
  /** As in `http://127.0.0.1:8484`. */
  readonly url: string;
  /** @default none, as on loopback */
  readonly apiKey?: string;
}

export interface UploadedBatch {
  readonly batchId: string;
  /** Items, broken lines included. */
  readonly total: number;
  /** Lines that are no JSON: items that have failed. */
  readonly broken: number;
}

const made = z.object({ batchId: z.string(), links: z.object({ items: z.string() }) });
const put = z.object({ batchId: z.string(), total: z.number(), broken: z.number() });
const refusal = z.object({ error: z.object({ message: z.string() }) });

/**
 * Starts a batch of items that are on this machine. They are sent as they come, in bounded memory and
 * for as long as it takes; the batch starts when all are there.
 *
 * ```ts
 * const lines = createReadStream('orders.jsonl');
 * const { batchId } = await uploadBatch({ url }, { goal: 'Check ${item.id}' }, lines);
 * console.log(await batchHandle(ostinato, batchId).result());
 * ```
 * @param lines JSONL: one JSON value a line, at most 100,000 lines and 512 MiB.
 * @throws ClientError (`bad-input`, `conflict`, `unavailable`)
 */
export async function uploadBatch(
  { url, apiKey }: ApiPlace,
  request: Omit<BatchRequest, 'url'>,
  lines: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<UploadedBatch> {
  const key = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const ask = async (path: string, init: RequestInit, type: string): Promise<unknown> => {
    const headers = { ...key, 'content-type': type };
    const given = { redirect: 'error', ...(signal === undefined ? {} : { signal }) } as const;
    const response = await fetch(`${url}${path}`, { ...init, ...given, headers }).catch(
      (error: unknown) => {
        signal?.throwIfAborted();
        throw new ClientError('unavailable', `The API does not answer at ${url}.`, error);
      },
    );
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return answer;
    const said = refusal.safeParse(answer).data?.error.message ?? `It answered ${response.status}.`;
    throw new ClientError(codeOf(response.status), said);
  };
  const body = JSON.stringify(request);
  const batch = made.parse(await ask('/v1/batches', { method: 'POST', body }, 'application/json'));
  const stream = { method: 'PUT', body: ReadableStream.from(lines), duplex: 'half' } as RequestInit;
  return put.parse(await ask(batch.links.items, stream, 'application/x-ndjson'));
}

function codeOf(status: number): ClientErrorCode {
  if (status === 404) return 'not-found';
  if (status === 409 || status === 422) return 'conflict';
  return status < 500 && status !== 429 ? 'bad-input' : 'unavailable';
}
