import { BlockList, isIP } from 'node:net';
import { addressKind, embeddedIpv4 } from './address-kind.ts';

/**
 * Who chose a URL. `operator`: it stands in the configuration, so any address will do. `stranger`: it
 * came with a request, so it may reach the public internet and what the operator allows besides.
 * Neither reaches the addresses where clouds serve a machine's credentials.
 */
export type OutboundPolicy =
  { readonly trust: 'operator' } | { readonly trust: 'stranger'; readonly allow: AllowedHosts };

/** What OSTINATO_ALLOW_PRIVATE_URLS allows strangers beyond the public internet. */
export interface AllowedHosts {
  readonly everything: boolean;
  readonly names: ReadonlySet<string>;
  readonly subnets: BlockList;
}

export const OPERATOR: OutboundPolicy = { trust: 'operator' };

export const NOTHING_ALLOWED: AllowedHosts = {
  everything: false,
  names: new Set(),
  subnets: new BlockList(),
};

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;
const YES = ['true', '1', 'yes', 'on', 'y', 'enabled'];
const NO = ['', 'false', '0', 'no', 'off', 'n', 'disabled'];

/**
 * @param text `true`, `false`, or host names, addresses and CIDRs between commas
 * @returns the words that are none of these, where there are some
 */
export function parseAllowedHosts(text: string): AllowedHosts | { readonly wrong: string[] } {
  const word = text.trim().toLowerCase();
  const subnets = new BlockList();
  const names = new Set<string>();
  if (YES.includes(word)) return { everything: true, names, subnets };
  if (NO.includes(word)) return { everything: false, names, subnets };
  const parts = word.split(',').map((part) => part.trim());
  const wrong = parts.filter((part) => part !== '' && !addSubnet(subnets, part) && !isName(part));
  if (wrong.length > 0) return { wrong };
  for (const part of parts) if (isName(part)) names.add(part);
  return { everything: false, names, subnets };
}

/**
 * Why a connection to `address` is not made; `null` when it may be.
 *
 * @param host the name or address in the URL
 */
export function refusal(policy: OutboundPolicy, host: string, address: string): string | null {
  const kind = addressKind(address);
  if (kind === 'metadata') {
    return `its address ${address} serves credentials of a machine, which nothing may fetch`;
  }
  if (kind === 'public' || policy.trust === 'operator' || policy.allow.everything) return null;
  if (policy.allow.names.has(host.toLowerCase().replace(/\.$/, ''))) return null;
  if (covers(policy.allow.subnets, address)) return null;
  return `its address ${address} is in a private network. OSTINATO_ALLOW_PRIVATE_URLS may name its host or network`;
}

function covers(subnets: BlockList, text: string): boolean {
  const address = text.replace(/%.*$/, '');
  const family = isIP(address);
  if (family === 0) return false;
  if (family === 4) return subnets.check(address, 'ipv4');
  const inner = embeddedIpv4(address);
  return subnets.check(address, 'ipv6') || (inner !== null && subnets.check(inner, 'ipv4'));
}

function addSubnet(subnets: BlockList, text: string): boolean {
  const [address = '', bits, ...rest] = text.replaceAll(/[[\]]/g, '').split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity;
  if (family === 0 || rest.length > 0 || length > most) return false;
  subnets.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
  return true;
}

function isName(text: string): boolean {
  // A name whose last part is a number would be read as an address by the URL parser.
  return NAME.test(text) && !/(^|\.)(\d+|0x[0-9a-f]*)$/.test(text);
}
