import type { FastifyRequest } from 'fastify';
import { isLoopback } from '../../services/config.ts';
import { HttpError } from '../http-error.ts';

/**
 * For an API on loopback without a key, where any web page that the user has open could otherwise
 * call it: refuses requests that a browser sends on behalf of another site. The Host check stops a
 * page whose name was re-pointed to 127.0.0.1 (DNS rebinding), which is same-origin to the browser.
 */
export function refuseOtherSites(request: FastifyRequest): void {
  const { headers } = request;
  const host = headers.host ?? '';
  if (!isLoopback(hostName(host))) {
    throw new HttpError(
      403,
      'Denied',
      `This API answers as 127.0.0.1 or localhost, not as ${JSON.stringify(host.slice(0, 100))}. ` +
        'To serve it under another name, set OSTINATO_API_KEY.',
    );
  }
  const origin = headers.origin;
  const isOwnPage = origin === undefined || origin === `http://${host}`;
  const site = headers['sec-fetch-site'];
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none';
  if (isOwnPage && (isOwnSite || isLink(request))) return;
  const from = JSON.stringify((origin ?? String(site)).slice(0, 100));
  throw new HttpError(
    403,
    'Denied',
    `This API takes no calls from the web pages of other sites (${from}). ` +
      'Set OSTINATO_API_KEY and call it from a server that holds the key.',
  );
}

/** A link that was followed: it changes nothing, and the other site can't read the answer. */
function isLink({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && headers['sec-fetch-mode'] === 'navigate';
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}
