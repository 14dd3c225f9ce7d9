// Proves that no secret written into a definition is shown, and that references to the environment
// and everything else stay readable.
import { describe, expect, it } from 'vitest';
import { redactDefinition } from '../../../services/registry/redact-definition.ts';
import { SERVER_DEFINITION_DEFAULTS } from '../../../services/registry/server-definition.ts';

const remote = (url: string, headers: Record<string, string> = {}) =>
  redactDefinition({
    ...SERVER_DEFINITION_DEFAULTS,
    transport: { kind: 'http', url, headers },
  }).transport;

const stdio = (args: readonly string[], env: Record<string, string> = {}) =>
  redactDefinition({
    ...SERVER_DEFINITION_DEFAULTS,
    transport: { kind: 'stdio', command: 'x', args, env, cwd: null },
  }).transport;

describe('redactDefinition', () => {
  it.each([
    ['Authorization', 'Bearer s3cret', 'Bearer ***'],
    ['authorization', 's3cret', '***'],
    ['X-API-Key', 's3cret', '***'],
    ['x-auth-token', 's3cret', '***'],
    ['Cookie', 'sid=s3cret', '***'],
    ['Authorization', 'Bearer ${TOKEN}', 'Bearer ${TOKEN}'],
    ['Authorization', '${AUTH}', '${AUTH}'],
    ['Authorization', 'Bearer s3${TOKEN}', 'Bearer ***'],
    ['Authorization', 'Bearer ${TOKEN:-s3cret}', 'Bearer ***'],
    ['Accept', 'text/plain', 'text/plain'],
  ])('header %s: %s → %s', (name, value, shown) => {
    expect(remote('https://x/', { [name]: value })).toMatchObject({ headers: { [name]: shown } });
  });

  it.each([
    ['https://me:s3cret@x/', 'https://me:***@x/'],
    ['https://x/?api_key=s3cret&a=b', 'https://x/?api_key=***&a=b'],
    ['https://x/?key=s3cret#f', 'https://x/?key=***#f'],
    ['https://x/?token=${TOKEN}', 'https://x/?token=${TOKEN}'],
    ['https://x/path@y?a=b', 'https://x/path@y?a=b'],
  ])('url %s → %s', (url, shown) => {
    expect(remote(url)).toMatchObject({ url: shown });
  });

  it('secrets in arguments and environment → masked, the others stay', () => {
    const args = ['--api-key', 's3cret', '--token=s3cret', '--root', '/data', 'pg://u:s3cret@h/d'];
    const env = { GITHUB_TOKEN: 's3cret', DB_PASSWORD: 's3cret', A: 'b', KEY: '${KEY}' };
    expect(stdio(args, env)).toMatchObject({
      args: ['--api-key', '***', '--token=***', '--root', '/data', 'pg://u:***@h/d'],
      env: { GITHUB_TOKEN: '***', DB_PASSWORD: '***', A: 'b', KEY: '${KEY}' },
    });
  });
});
