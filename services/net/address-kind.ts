import { BlockList, isIP } from 'node:net';

/**
 * `metadata`: answers with credentials of the machine, so nobody has a reason to name it.
 * `private`: not in the public internet, or not for sure.
 */
export type AddressKind = 'public' | 'private' | 'metadata';

/** Where clouds serve credentials: AWS, GCP and Azure; tasks and pods of AWS; Alibaba. */
const METADATA = listOf(
  ['169.254.169.254', 32],
  ['169.254.170.2', 32],
  ['169.254.170.23', 32],
  ['100.100.100.200', 32],
  ['fd00:ec2::254', 128],
  ['fd00:ec2::23', 128],
  ['fd20:ce::254', 128],
);

/** IPv4 that IANA's registry of special-purpose addresses does not call globally reachable. */
const PRIVATE_IPV4 = listOf(
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
);

/** Of IPv6 only this is handed out for the public internet … */
const GLOBAL_IPV6 = listOf(['2000::', 3]);
/** … without protocol assignments (Teredo among them), documentation and 6to4. */
const SPECIAL_IPV6 = listOf(['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]);

/** Prefixes of IPv6 that hold an IPv4 address, and the 16-bit group where it begins. */
const EMBEDDING = [
  // Mapped, compatible, translated (RFC 6052, RFC 7915), NAT64 for the own network, 6to4.
  { prefix: listOf(['::ffff:0:0', 96]), group: 6 },
  { prefix: listOf(['::', 96]), group: 6 },
  { prefix: listOf(['::ffff:0:0:0', 96]), group: 6 },
  { prefix: listOf(['64:ff9b::', 96]), group: 6 },
  { prefix: listOf(['64:ff9b:1::', 48]), group: 6 },
  { prefix: listOf(['2002::', 16]), group: 1 },
] as const;
/** The forms through which the public internet is really reached. */
const USUAL_FORMS = listOf(['::ffff:0:0', 96], ['64:ff9b::', 96]);

/**
 * What an IP address is, in each form that reaches it: mapped, 6to4 and NAT64 addresses count as the
 * IPv4 address they hold. Anything that is no address is `private`.
 */
export function addressKind(text: string): AddressKind {
  const address = text.replace(/%.*$/, '');
  const family = isIP(address);
  if (family === 0) return 'private';
  if (family === 4) return ipv4Kind(address);
  if (METADATA.check(address, 'ipv6')) return 'metadata';
  const inner = embeddedIpv4(address);
  if (inner !== null) {
    const kind = ipv4Kind(inner);
    return kind === 'metadata' || USUAL_FORMS.check(address, 'ipv6') ? kind : 'private';
  }
  const isGlobal = GLOBAL_IPV6.check(address, 'ipv6') && !SPECIAL_IPV6.check(address, 'ipv6');
  return isGlobal ? 'public' : 'private';
}

/** The IPv4 address that an IPv6 address stands for; `null` where it stands for itself. */
export function embeddedIpv4(address: string): string | null {
  const form = EMBEDDING.find(({ prefix }) => prefix.check(address, 'ipv6'));
  if (form === undefined) return null;
  const groups = groupsOf(address);
  const [high = 0, low = 0] = groups.slice(form.group, form.group + 2);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function ipv4Kind(address: string): AddressKind {
  if (METADATA.check(address, 'ipv4')) return 'metadata';
  return PRIVATE_IPV4.check(address, 'ipv4') ? 'private' : 'public';
}

function groupsOf(address: string): readonly number[] {
  // The URL parser writes a dotted end as two groups.
  const plain = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [before = '', after = ''] = plain.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === '' ? [] : after.split(':');
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

function listOf(...subnets: readonly (readonly [address: string, bits: number])[]): BlockList {
  const list = new BlockList();
  for (const [address, bits] of subnets) {
    list.addSubnet(address, bits, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
