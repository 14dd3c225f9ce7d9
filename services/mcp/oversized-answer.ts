import type { JSONRPCErrorResponse, JSONRPCMessage } from '@modelcontextprotocol/client';

/** In the range that JSON-RPC leaves to implementations; never sent, only handed to our own client. */
const CODE = -32_890;

/** Stands in for an answer that was dropped for its size, so that its call fails and no other. */
export function oversizedAnswer(id: string | number, bytes: number): JSONRPCErrorResponse {
  return {
    jsonrpc: '2.0',
    id,
    error: { code: CODE, message: `The answer has more than ${bytes} bytes.`, data: { bytes } },
  };
}

/** Bytes of the dropped answer, or `null` for any other message. */
export function oversizedBytes(message: JSONRPCMessage): number | null {
  if (!('error' in message) || message.error.code !== CODE) return null;
  const data = message.error.data as { readonly bytes?: unknown } | undefined;
  return typeof data?.bytes === 'number' ? data.bytes : null;
}

const ID_FIRST = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+|"[^"\\]{1,64}")\s*,/;
const ID_LAST = /,\s*"id"\s*:\s*(\d+|"[^"\\]{1,64}")\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}$/;

/** The id of an answer of which only both ends were kept; `null` where they do not show it. */
export function idFromEnds(head: string, tail: string): string | number | null {
  const found = ID_FIRST.exec(head)?.[1] ?? ID_LAST.exec(tail)?.[1];
  return found === undefined ? null : (JSON.parse(found) as string | number);
}
