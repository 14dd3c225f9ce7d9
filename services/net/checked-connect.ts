import { lookup as resolveName } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../errors.ts';
import type { OutboundPolicy } from './outbound-policy.ts';
import { refusal } from './outbound-policy.ts';

/**
 * Opens sockets for undici. An address is judged before anything is sent to it, and once more on the
 * socket that was really connected; so a name that resolves to something else the next time, or a
 * redirect, gets nowhere. Kept connections are not judged again.
 */
export function checkedConnect(policy: OutboundPolicy): buildConnector.connector {
  const connect = buildConnector({ lookup: checkedLookup(policy) });
  return (options, done) => {
    const host = withoutBrackets(options.hostname);
    const refused = refuseLiteral(policy, host);
    if (refused !== null) {
      done(refused, null);
      return;
    }
    connect(options, (...[error, socket]) => {
      if (error !== null) {
        done(error, null);
        return;
      }
      // A socket that is closed again by now has no address, and carries nothing.
      const address = socket.remoteAddress ?? null;
      const why = address === null ? null : refusal(policy, host, address);
      if (why === null) {
        done(null, socket);
        return;
      }
      socket.destroy();
      done(refusedHost(host, why), null);
    });
  };
}

/** Node's own look-up of names, refusing a name as soon as one of its addresses is refused. */
export function checkedLookup(policy: OutboundPolicy): LookupFunction {
  return (host, options, done) => {
    resolveName(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '', 0);
      for (const { address } of addresses) {
        const why = refusal(policy, host, address);
        if (why !== null) return done(refusedHost(host, why), '', 0);
      }
      if (options.all === true) return done(null, addresses);
      const [first] = addresses;
      done(null, first?.address ?? '', first?.family ?? 4);
    });
  };
}

/** Addresses written into the URL, which no look-up sees. */
export function refuseLiteral(policy: OutboundPolicy, hostname: string): ServiceError | null {
  const host = withoutBrackets(hostname);
  const why = isIP(host) === 0 ? null : refusal(policy, host, host);
  return why === null ? null : refusedHost(host, why);
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function refusedHost(host: string, why: string): ServiceError {
  return new ServiceError(FAILURE.badInput, `"${host}" is not connected to: ${why}.`);
}
