// Proves that no secret reaches the log, whatever way it is handed to the logger, and that what is
// no secret stays readable. A canary stands for the secret; the log goes into a string.
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../services/telemetry/logger.ts';

const CANARY = 'canary-7f3a91';

function logged(write: (log: ReturnType<typeof createLogger>) => void, pretty = false): string {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  write(createLogger({ level: 'trace', pretty, name: 'test', destination }));
  return text;
}

const HANDED_OVER: readonly (readonly [string, (log: ReturnType<typeof createLogger>) => void])[] =
  [
    ['a header', (log) => log.info({ headers: { Authorization: `Bearer ${CANARY}` } }, 'x')],
    ['a header of any name', (log) => log.info({ headers: { 'x-tenant-pass': CANARY } }, 'x')],
    ['a Headers object', (log) => log.info({ headers: new Headers({ 'x-own': CANARY }) }, 'x')],
    [
      'a Headers object under any name',
      (log) => log.info({ sent: new Headers({ a: CANARY }) }, 'x'),
    ],
    ['raw headers', (log) => log.info({ headers: ['authorization', CANARY] }, 'x')],
    ['an environment', (log) => log.info({ transport: { env: { GITHUB_PAT: CANARY } } }, 'x')],
    ['a deep object', (log) => log.info({ a: [{ b: { c: { apiKey: CANARY } } }] }, 'x')],
    [
      'an access token',
      (log) => log.info({ a: { access_token: CANARY, refreshToken: CANARY } }, 'x'),
    ],
    ['a password', (log) => log.info({ database: { password: CANARY } }, 'x')],
    ['a list under a telling name', (log) => log.info({ apiKeys: [CANARY] }, 'x')],
    ['a database URL', (log) => log.info({ url: `postgres://user:${CANARY}@host/db` }, 'x')],
    ['a query', (log) => log.info({ url: `https://host/mcp?a=1&api_key=${CANARY}` }, 'x')],
    ['a message', (log) => log.info(`sending Authorization: Bearer ${CANARY}`)],
    ['an argument of a message', (log) => log.info('to %s', `https://host/?token=${CANARY}`)],
    ['an object in a message', (log) => log.info('config %o', { url: `ws://u:${CANARY}@host` })],
    ['an error', (log) => log.error(new Error(`401 for https://u:${CANARY}@host/`))],
    [
      'fields of an error',
      (log) => log.error({ err: Object.assign(new Error('no'), { headers: { cookie: CANARY } }) }),
    ],
    [
      'the cause of an error',
      (log) =>
        log.error({
          err: new Error('no', { cause: Object.assign(new Error(), { token: CANARY }) }),
        }),
    ],
    ['bindings of a child', (log) => log.child({ server: 's', token: CANARY }).info('x')],
    ['bindings of a grandchild', (log) => log.child({}).child({ secret: CANARY }).info('x')],
    ['bindings set later', (log) => log.setBindings({ password: CANARY })],
    ['a map', (log) => log.info({ settings: new Map([['api-key', CANARY]]) }, 'x')],
    ['a key by its form', (log) => log.info({ said: `sk-proj-${CANARY}0123456789abcdef` }, 'x')],
  ];

describe('createLogger', () => {
  it.each(HANDED_OVER)('secret in %s → not in the log', (_, write) => {
    const probe = (log: ReturnType<typeof createLogger>): void => {
      write(log);
      log.info('end');
    };
    expect(logged(probe)).not.toContain(CANARY);
    expect(logged(probe, true)).not.toContain(CANARY);
    expect(logged(probe)).toContain('end');
  });

  it('no secret → everything is there', () => {
    const entry = JSON.parse(
      logged((log) =>
        log.child({ server: 'files' }).warn(
          {
            usage: { inputTokens: 12, maxTokens: 5 },
            headers: { 'content-type': 'application/json', 'retry-after': '3' },
            hasPassword: false,
            tool: 'files/read',
          },
          'slow',
        ),
      ),
    ) as unknown;
    expect(entry).toMatchObject({
      level: 'warn',
      name: 'test',
      server: 'files',
      usage: { inputTokens: 12, maxTokens: 5 },
      headers: { 'content-type': 'application/json', 'retry-after': '3' },
      hasPassword: false,
      tool: 'files/read',
      msg: 'slow',
    });
  });

  it('error with a cause → type, message, stack and cause are there', () => {
    const cause = Object.assign(new TypeError('socket closed'), { code: 'ECONNRESET' });
    const entry = JSON.parse(logged((log) => log.error(new Error('no answer', { cause })))) as {
      err: { type: string; message: string; stack: string; cause: unknown };
    };
    expect(entry.err).toMatchObject({ type: 'Error', message: 'no answer' });
    expect(entry.err.stack).toContain('logger.unit.test');
    expect(entry.err.cause).toMatchObject({ message: 'socket closed', code: 'ECONNRESET' });
  });

  it('object that holds itself, is deep or is huge → bounded entry', () => {
    const deep: Record<string, unknown> = {};
    deep['self'] = deep;
    deep['list'] = Array.from({ length: 100_000 }, () => 'x');
    deep['text'] = 'y'.repeat(1_000_000);
    deep['body'] = new Uint8Array(1_000_000);
    const line = logged((log) => log.info(deep, 'x'));
    expect(line.length).toBeLessThan(20_000);
    expect(JSON.parse(line)).toMatchObject({ self: '[circular]', body: '[1000000 bytes]' });
  });

  it('pretty → one line with level, message and fields, then the stack', () => {
    const text = logged(
      (log) => log.error({ tool: 'a/b', err: new Error('boom') }, 'failed'),
      true,
    );
    expect(text).toMatch(/ERROR.* failed .*tool=a\/b/);
    expect(text).toContain('    Error: boom');
  });

  it('level below the one asked for → nothing', () => {
    let text = '';
    const destination = { write: (line: string) => void (text += line) };
    createLogger({ level: 'warn', pretty: false, name: 'test', destination }).info('x');
    expect(text).toBe('');
  });
});
