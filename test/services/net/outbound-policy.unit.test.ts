// Proves what an operator's words allow strangers, and that no words allow a cloud's credentials.
import { describe, expect, it } from 'vitest';
import { OPERATOR, parseAllowedHosts, refusal } from '../../../services/net/outbound-policy.ts';

function stranger(text: string) {
  const allow = parseAllowedHosts(text);
  if ('wrong' in allow) throw new Error(`Wrong: ${allow.wrong.join()}`);
  return { trust: 'stranger', allow } as const;
}

describe('refusal', () => {
  it.each([
    ['', 'files.internal', '10.0.0.1', false],
    ['false', 'files.internal', '10.0.0.1', false],
    ['true', 'files.internal', '10.0.0.1', true],
    ['files.internal', 'files.internal', '10.0.0.1', true],
    [' Files.Internal , other', 'FILES.internal.', '10.0.0.1', true],
    ['files.internal', 'evil.files.internal', '10.0.0.1', false],
    ['10.2.0.0/16', 'x', '10.2.3.4', true],
    ['10.2.0.0/16', 'x', '10.3.0.1', false],
    ['10.2.0.0/16', 'x', '::ffff:a02:304', true],
    ['10.2.0.0/16', 'x', '64:ff9b::a02:304', true],
    ['127.0.0.1', '127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', 'x', '127.0.0.2', false],
    ['fd12::/16', 'x', 'fd12::1', true],
    ['[::1]', 'x', '::1', true],
    ['', 'example.com', '8.8.8.8', true],
    ['true', 'metadata', '169.254.169.254', false],
    ['metadata', 'metadata', '169.254.169.254', false],
    ['169.254.0.0/16', '169.254.169.254', '169.254.169.254', false],
    ['fd00::/8', 'x', 'fd00:ec2::254', false],
  ])('"%s" allowed: %s at %s → %s', (text, host, address, isAllowed) => {
    expect(refusal(stranger(text), host, address) === null).toBe(isAllowed);
  });

  it("an operator's URL → any address but those with credentials", () => {
    for (const address of ['127.0.0.1', '10.0.0.1', 'fe80::1', '8.8.8.8']) {
      expect(refusal(OPERATOR, 'x', address)).toBeNull();
    }
    for (const address of ['169.254.169.254', '::ffff:a9fe:a9fe', 'fd00:ec2::254']) {
      expect(refusal(OPERATOR, 'x', address)).toContain('credentials');
    }
  });
});

describe('parseAllowedHosts', () => {
  it.each(['http://x', '10.0.0.0/33', 'fd00::/129', '*.x', '10.0.0.0/8/8', '1.2.3', 'a b'])(
    '%s → named as wrong',
    (text) => {
      expect(parseAllowedHosts(`good.host,${text}`)).toEqual({ wrong: [text] });
    },
  );
});
