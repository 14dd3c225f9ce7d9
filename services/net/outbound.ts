import type { Dispatcher } from 'undici';
import { Agent, EnvHttpProxyAgent, fetch as send, getGlobalDispatcher } from 'undici';
import { FAILURE } from '../../common/failures.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import { checkedConnect } from './checked-connect.ts';
import type { OutboundPolicy } from './outbound-policy.ts';
import { OPERATOR } from './outbound-policy.ts';

const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** What goes to another origin as well; any other header may be a secret of the first. */
const HARMLESS = /^(?:accept(?:-.*)?|content-(?:type|encoding|language)|user-agent|mcp-.*)$/;

/** A `fetch` with the URL first. */
export type OutboundFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * The one way out: a `fetch` whose every connection, also of each redirect, is judged by the policy.
 * Only http and https, no user names or passwords in URLs, at most 5 redirects; `redirect: 'manual'`
 * hands a redirect on instead. To another origin go no headers but harmless ones.
 *
 * @param options.silenceMs after which an answer that has stopped coming is given up. @default 300_000
 * @throws ServiceError (BadInput) saying what was refused; else what `fetch` throws.
 */
export function createOutboundFetch(
  policy: OutboundPolicy,
  options: { readonly silenceMs?: number } = {},
): OutboundFetch {
  const dispatcher = createDispatcher(policy, options.silenceMs ?? 300_000);
  return async (input, init = {}) => {
    let url = checkedUrl(input);
    let { method = 'GET', body = null } = init;
    const headers = new Headers(init.headers);
    for (let hop = 0; ; hop += 1) {
      const response = await sendOnce(url, { ...init, method, body, headers }, dispatcher);
      const location = response.headers.get('location');
      if (location === null || !REDIRECTS.includes(response.status)) return response;
      if (init.redirect === 'manual') return response;
      await response.body?.cancel();
      const next = nextUrl(location, url, init, hop);
      if (response.status < 307 && method !== 'HEAD') {
        method = 'GET';
        body = null;
        headers.delete('content-type');
      }
      if (next.origin !== url.origin) dropSecrets(headers);
      url = next;
    }
  };
}

/** For URLs of the configuration where whole requests are too slow: judges when it connects. */
export function operatorDispatcher(): Dispatcher {
  return (operators ??= createDispatcher(OPERATOR, 300_000));
}
let operators: Dispatcher | null = null;

/**
 * A proxy resolves names itself, so what strangers name never goes through one. For the operator's
 * URLs the proxy that Node was told to use is used.
 */
function createDispatcher(policy: OutboundPolicy, silenceMs: number): Dispatcher {
  const options = {
    connect: checkedConnect(policy),
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
  };
  // Node puts this in place of its usual one when it is told to heed HTTP_PROXY.
  const proxied = getGlobalDispatcher().constructor.name === 'EnvHttpProxyAgent';
  return policy.trust === 'operator' && proxied
    ? new EnvHttpProxyAgent(options)
    : new Agent(options);
}

async function sendOnce(url: URL, init: RequestInit, dispatcher: Dispatcher): Promise<Response> {
  try {
    // undici's types and those of Node's own copy of it differ in name only.
    const given = { ...init, redirect: 'manual', dispatcher } as Parameters<typeof send>[1];
    return (await send(url, given)) as unknown as Response;
  } catch (error) {
    // The ports that browsers block as well: those of mail, shells and the like.
    const blocked =
      error instanceof Error && (error.cause as Error | undefined)?.message === 'bad port';
    if (blocked) throw bad(url, `fetch does not speak to port ${url.port}`);
    throw refusalWithin(error) ?? error;
  }
}

/** The refusal behind the error that `fetch` or a socket made of it; `null`: it is another problem. */
export function refusalWithin(error: unknown): ServiceError | null {
  let at: unknown = error;
  for (let depth = 0; depth < 6 && at instanceof Error; depth += 1) {
    if (isServiceError(at)) return at;
    at = at.cause;
  }
  return null;
}

function nextUrl(location: string, from: URL, init: RequestInit, hop: number): URL {
  if (init.redirect === 'error') throw bad(from, 'it redirects');
  if (hop >= MAX_REDIRECTS) throw bad(from, `it redirected more than ${MAX_REDIRECTS} times`);
  if (!URL.canParse(location, from.href)) throw bad(from, 'it redirects to what is no URL');
  return checkedUrl(new URL(location, from));
}

function checkedUrl(input: string | URL): URL {
  const url = new URL(input);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw bad(url, `its scheme is "${url.protocol}"; it must be http: or https:`);
  }
  if (url.username !== '' || url.password !== '') {
    throw bad(url, 'it holds a user name or password. Give them as a header');
  }
  return url;
}

function dropSecrets(headers: Headers): void {
  for (const name of [...headers.keys()]) if (!HARMLESS.test(name)) headers.delete(name);
}

/** A query may hold a signature. */
function bad({ protocol, host, pathname }: URL, why: string): ServiceError {
  return new ServiceError(
    FAILURE.badInput,
    `${protocol}//${host}${pathname} is not fetched: ${why}.`,
  );
}
