// Proves which addresses count as public, private or a cloud's credentials, in each form in which an
// address can be written or carried.
import { describe, expect, it } from 'vitest';
import { addressKind } from '../../../services/net/address-kind.ts';

describe('addressKind', () => {
  it.each([
    // IPv4, also at the edges of its ranges.
    ['8.8.8.8', 'public'],
    ['1.1.1.1', 'public'],
    ['172.15.255.255', 'public'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'public'],
    ['100.63.255.255', 'public'],
    ['100.64.0.1', 'private'],
    ['0.0.0.0', 'private'],
    ['0.1.2.3', 'private'],
    ['10.255.0.1', 'private'],
    ['127.0.0.1', 'private'],
    ['127.255.255.254', 'private'],
    ['169.254.1.1', 'private'],
    ['192.168.1.1', 'private'],
    ['198.19.0.1', 'private'],
    ['224.0.0.1', 'private'],
    ['255.255.255.255', 'private'],
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['100.100.100.200', 'metadata'],
    // IPv6.
    ['2606:4700:4700::1111', 'public'],
    ['2a00:1450:4001:80b::200e', 'public'],
    ['::', 'private'],
    ['::1', 'private'],
    ['fe80::1', 'private'],
    ['fe80::1%eth0', 'private'],
    ['fec0::1', 'private'],
    ['fc00::1', 'private'],
    ['fd12:3456::1', 'private'],
    ['ff02::1', 'private'],
    ['2001:db8::1', 'private'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'private'],
    ['4000::1', 'private'],
    ['fd00:ec2::254', 'metadata'],
    ['FD00:0EC2:0:0:0:0:0:254', 'metadata'],
    // IPv4 within IPv6: mapped, compatible, translated, NAT64, 6to4.
    ['::ffff:8.8.8.8', 'public'],
    ['::ffff:127.0.0.1', 'private'],
    ['::ffff:7f00:1', 'private'],
    ['0:0:0:0:0:FFFF:0A00:0001', 'private'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['::ffff:a9fe:a9fe', 'metadata'],
    ['::127.0.0.1', 'private'],
    ['::8.8.8.8', 'private'],
    ['::ffff:0:127.0.0.1', 'private'],
    ['64:ff9b::8.8.8.8', 'public'],
    ['64:ff9b::7f00:1', 'private'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::a9fe:a9fe', 'metadata'],
    ['64:ff9b:1::8.8.8.8', 'private'],
    ['64:ff9b:1::169.254.169.254', 'metadata'],
    ['2002:7f00:1::', 'private'],
    ['2002:808:808::1', 'private'],
    ['2002:a9fe:a9fe::1', 'metadata'],
    // No addresses.
    ['', 'private'],
    ['localhost', 'private'],
    ['8.8.8', 'private'],
  ])('%s → %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });
});
