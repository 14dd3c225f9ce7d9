import type { FetchLike } from '@modelcontextprotocol/client';
import { currentCall } from '../call-record.ts';
import { limitResponses } from '../limit-response.ts';
import type { WaysOut } from '../ways-out.ts';

/** Metadata and tokens are small. */
const MAX_BYTES = 256 * 1024;
const TIMEOUT_MS = 10_000;

/**
 * The `fetch` for authorization servers. Their addresses are a stranger's word, since the MCP server
 * names them: they reach the public internet alone, but for the hosts that the operator named.
 *
 * @param named URLs of the definition, whose hosts are as trusted as the definition is
 */
export function issuerFetch(
  ways: WaysOut,
  trust: keyof WaysOut,
  named: readonly (string | undefined)[],
): FetchLike {
  const hosts = new Set(named.flatMap((url) => hostOf(url) ?? []));
  const limited = {
    named: limitResponses(ways[trust].fetch, MAX_BYTES),
    others: limitResponses(ways.tenant.fetch, MAX_BYTES),
  };
  return (url, init = {}) => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = init.signal ? AbortSignal.any([timeout, init.signal]) : timeout;
    const fetch = hosts.has(hostOf(url) ?? '') ? limited.named : limited.others;
    // What is said there is no part of the call that it is said for.
    return currentCall.exit(() => fetch(url, { ...init, signal }));
  };
}

function hostOf(url: string | URL | undefined): string | null {
  return url !== undefined && URL.canParse(String(url)) ? new URL(url).hostname : null;
}
