// Proves that the `auth` of a server is read, checked by what could work, and shown without its secrets.
import { describe, expect, it } from 'vitest';
import { definitionSchema } from '../../../api/schemas/server-schema.ts';
import { restoreSecrets } from '../../../api/routes/server-view.ts';
import { parseServersFile } from '../../../services/registry/parse-servers-file.ts';
import { redactDefinition } from '../../../services/registry/redact-definition.ts';
import { SERVER_DEFINITION_DEFAULTS } from '../../../services/registry/server-definition.ts';

const ACCOUNT = {
  grant: 'client_credentials',
  issuer: 'https://login.example.com',
  clientId: 'worker',
  clientSecret: '${SECRET}',
} as const;

function read(auth: unknown, other: object = {}) {
  const server = { url: 'https://example.com/mcp', auth, ...other };
  const [named] = parseServersFile(JSON.stringify({ mcpServers: { web: server } }), 'a.json');
  return named?.definition.transport;
}

describe('auth in a servers file', () => {
  it('an account → part of the address, with its variable as it is written', () => {
    expect(read(ACCOUNT)).toMatchObject({ kind: 'http', auth: ACCOUNT });
  });

  it('a scope alone → a person logs in', () => {
    expect(read({ scope: 'a b' })).toMatchObject({
      auth: { grant: 'authorization_code', scope: 'a b' },
    });
  });

  it.each([
    ['a text', 'yes', {}, 'mcpServers.web.auth is "yes"'],
    ['a slip of the pen', { ...ACCOUNT, clientID: 'x' }, {}, 'did you mean "clientId"?'],
    ['a number', { ...ACCOUNT, clientId: 7 }, {}, 'mcpServers.web.auth.clientId must be text'],
    ['no such grant', { ...ACCOUNT, grant: 'password' }, {}, 'is "password"; it must be one of'],
    ['an account without a secret', { grant: 'client_credentials' }, {}, 'needs "clientSecret"'],
    ['a secret without its issuer', without('issuer'), {}, 'or the MCP server could choose'],
    ['a secret of nobody', without('clientId'), {}, 'the secret belongs to a client'],
    ['two secrets', { ...ACCOUNT, privateKey: '${KEY}' }, {}, 'give one of them'],
    ['plain http', { ...ACCOUNT, issuer: 'http://login.example.com' }, {}, 'https:// URL'],
    ['no URL', { ...ACCOUNT, issuer: 'login' }, {}, 'is "login"'],
    ['two spaces', { ...ACCOUNT, scope: 'a  b' }, {}, 'one space between them'],
    ['an algorithm', { ...ACCOUNT, algorithm: 'HS256' }, {}, 'RS256, PS256, ES256'],
    ['a header beside it', ACCOUNT, { headers: { authorization: 'x' } }, 'remove one of them'],
    ['a socket', ACCOUNT, { url: 'wss://example.com' }, 'no meaning for a WebSocket'],
  ])('%s → refused, with the field and what would do', (_what, auth, other, problem) => {
    expect(() => read(auth, other)).toThrow(problem);
  });

  it('beside a command → has no meaning', () => {
    const server = { command: 'node', auth: ACCOUNT };
    const file = JSON.stringify({ mcpServers: { web: server } });
    expect(() => parseServersFile(file, 'a.json')).toThrow('auth has no meaning');
  });
});

describe('auth as it is shown', () => {
  const written = { ...ACCOUNT, clientSecret: 'written-in' };
  const definition = definitionSchema.parse({
    ...SERVER_DEFINITION_DEFAULTS,
    transport: { kind: 'http', url: 'https://example.com/mcp', auth: written },
  });

  it('a secret that is written in → masked; one of the environment stays', () => {
    const shown = JSON.stringify(redactDefinition(definition));
    expect(shown).not.toContain('written-in');
    expect(shown).toContain('"clientSecret":"***"');
    const byName = { ...definition, transport: { ...definition.transport, auth: ACCOUNT } };
    expect(JSON.stringify(redactDefinition(byName as typeof definition))).toContain('${SECRET}');
  });

  it('sent back masked → the secret is what it was', () => {
    const back = restoreSecrets(redactDefinition(definition), definition);
    expect(back.transport).toMatchObject({ auth: written });
  });
});

function without(name: keyof typeof ACCOUNT): object {
  return Object.fromEntries(Object.entries(ACCOUNT).filter(([key]) => key !== name));
}
