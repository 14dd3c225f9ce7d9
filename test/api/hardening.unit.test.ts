// Proves that what strangers send is bounded, refused in one shape and never a 5xx or a stack trace:
// content types, nesting, prototype keys, other sites' pages, keys, and generated nonsense.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { FastifyInstance, InjectOptions } from 'fastify';
import type { ApiDeps } from '../../api/api-deps.ts';
import { parseJsonBody } from '../../api/middleware/json-body.ts';
import { createServer } from '../../api/server.ts';
import { fakeServices } from './support/fake-services.ts';

const KEY = 'k'.repeat(32);
const LONG = `/v1/runs/${'a'.repeat(400)}`;
const open: FastifyInstance[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

function serve(given: Partial<ApiDeps> = {}): FastifyInstance {
  const server = createServer(fakeServices(given));
  open.push(server);
  return server;
}

const LOCAL = { host: 'localhost:8484' };
const JSON_TYPE = { 'content-type': 'application/json' };

function post(payload: string, headers: Record<string, string> = JSON_TYPE): InjectOptions {
  return { method: 'POST', url: '/v1/runs', payload, headers: { ...LOCAL, ...headers } };
}

describe('bodies', () => {
  it.each([
    'application/json\ta',
    'application/json; charset=latin1',
    ' application/jsonx',
    'application/json, text/plain',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])('content type %j → 415', async (type) => {
    const answer = await serve().inject(post('{"goal":"x"}', { 'content-type': type }));
    expect(answer.statusCode).toBe(415);
    expect(answer.json()).toMatchObject({ error: { type: 'UnsupportedMediaType' } });
  });

  it.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])('content type %j → read', async (type) => {
    const answer = await serve().inject(post('{"goal":"x"}', { 'content-type': type }));
    expect(answer.statusCode).toBe(202);
  });

  it('no content type, or a compressed body → 415', async () => {
    const server = serve();
    const bare = await server.inject({ ...post('{"goal":"x"}', {}) });
    const zipped = await server.inject(post('x', { ...JSON_TYPE, 'content-encoding': 'gzip' }));
    expect([bare.statusCode, zipped.statusCode]).toEqual([415, 415]);
  });

  it('a body above the limit → 413', async () => {
    const small = serve({ options: { bodyLimitBytes: 1000 } });
    const answer = await small.inject(post(JSON.stringify({ goal: 'x'.repeat(2000) })));
    expect([answer.statusCode, answer.json().error.type]).toEqual([413, 'PayloadTooLarge']);
    const usual = await serve().inject(post(JSON.stringify({ goal: 'x'.repeat(1024 * 1024) })));
    expect(usual.statusCode).toBe(413);
  });

  it.each([
    ['a hundred thousand brackets', '['.repeat(100_000)],
    ['65 levels', `{"goal":${'['.repeat(65)}${']'.repeat(65)}}`],
    ['more values than sense', `[${'1,'.repeat(150_000)}1]`],
    ['__proto__', '{"goal":"x","a":{"__proto__":{"admin":true}}}'],
    ['an escaped __proto__', '{"goal":"x","a":{"\\u005f_proto__":{}}}'],
    ['constructor.prototype', '{"plan":{"constructor":{"prototype":{}}}}'],
    ['no JSON', '{"goal":'],
    ['two values', '{} {}'],
    ['a byte order mark', '\ufeff{"goal":"x"}'],
  ])('%s → 400 and nothing is polluted', async (_name, payload) => {
    const answer = await serve().inject(post(payload));
    expect([answer.statusCode, answer.json().error.type]).toEqual([400, 'BadInput']);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('brackets inside of text → are text', () => {
    const goal = '[{'.repeat(100) + '\\"';
    expect(parseJsonBody(JSON.stringify({ goal }))).toEqual({ goal });
    expect(parseJsonBody('{"constructor":"x"}')).toEqual({ constructor: 'x' });
  });

  it('any texts between brackets, quotes and backslashes in them → only what nests counts', () => {
    const words = fc.array(
      fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', '}', ']', ',', 'a') }),
    );
    const nested = fc.integer({ min: 0, max: 80 });
    fc.assert(
      fc.property(words, nested, words, (before, depth, after) => {
        const inner = `${'['.repeat(depth)}${']'.repeat(depth)}`;
        const texts = [before, after].map((some) => JSON.stringify(some));
        const body = `[${[texts[0], ...(depth === 0 ? [] : [inner]), texts[1]].join(',')}]`;
        if (depth > 63) expect(() => parseJsonBody(body)).toThrow('nests deeper than 64 levels');
        else expect(parseJsonBody(body)).toEqual(JSON.parse(body));
      }),
    );
  });
});

describe('paths and queries', () => {
  it.each([
    ['/v1/runs/__proto__', 400],
    ['/v1/runs?__proto__=1', 400],
    ['/v1/runs?constructor.prototype.x=1', 400],
    ['/v1/runs?limit=1&limit=2', 400],
    ['/v1/runs/%0d%0aset-cookie:x', 400],
    // A run id may hold colons; the tenant's prefix is put before it, so this is nobody else's.
    ['/v1/runs/t%3Ab%3Arun%3A1', 404],
    ['/%zz', 400],
    [LONG, 414],
    ['/V1/RUNS', 404],
    ['/v1/runs/', 400],
    ['/v1/runs;x=1', 404],
    ['/nothing/here', 404],
  ])('%s → %i', async (url, status) => {
    const answer = await serve().inject({ url, headers: LOCAL });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().error.requestId).toBe(answer.headers['x-request-id']);
  });

  it('a request id, method override or forwarded host from outside → is not believed', async () => {
    const answer = await serve().inject({
      url: '/health/live',
      headers: {
        ...LOCAL,
        'request-id': 'evil\nid',
        'x-request-id': 'evil',
        'x-http-method-override': 'DELETE',
        'x-forwarded-host': 'evil.example',
      },
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['x-request-id']).toMatch(/^[0-9A-Z]{26}$/);
  });
});

describe('without a key, on loopback', () => {
  it.each([
    ['a name that was re-pointed here', { host: 'evil.example:8484' }],
    ['a name that only begins like ours', { host: 'localhost.evil.example' }],
    ["another site's page", { ...LOCAL, origin: 'https://evil.example' }],
    ['another port of this machine', { ...LOCAL, origin: 'http://localhost:3000' }],
    ['a sandboxed page', { ...LOCAL, origin: 'null' }],
    ['a request that the browser calls cross-site', { ...LOCAL, 'sec-fetch-site': 'cross-site' }],
    ['a request that the browser calls same-site', { ...LOCAL, 'sec-fetch-site': 'same-site' }],
    [
      'a form on another site',
      { ...LOCAL, origin: 'https://e.example', 'content-type': 'text/plain' },
    ],
  ])('%s → 403, no CORS header, nothing started', async (_name, headers) => {
    const services = fakeServices();
    const server = createServer(services);
    open.push(server);
    const answer = await server.inject({ method: 'POST', url: '/v1/runs', payload: '{}', headers });
    expect([answer.statusCode, answer.json().error.type]).toEqual([403, 'Denied']);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(services.starts).toHaveLength(0);
  });

  it.each([
    ['a program', LOCAL],
    [
      'its own page',
      { ...LOCAL, origin: 'http://localhost:8484', 'sec-fetch-site': 'same-origin' },
    ],
    ['an address typed in', { host: '127.0.0.1:8484', 'sec-fetch-site': 'none' }],
    ['IPv6', { host: '[::1]:8484' }],
    ['a link', { ...LOCAL, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate' }],
  ])('%s → 200', async (_name, headers) => {
    expect((await serve().inject({ url: '/v1/servers', headers })).statusCode).toBe(200);
  });

  it('bound to where others reach it → refuses to start', () => {
    const config = { host: '0.0.0.0', port: 0, apiKey: null };
    expect(() => createServer(fakeServices({ config }))).toThrow('OSTINATO_API_KEY');
  });
});

describe('with a key', () => {
  const config = { host: '0.0.0.0', port: 0, apiKey: KEY };
  const url = '/v1/servers';

  it('every route but live and ready, and every path that is none → 401 without it', async () => {
    const server = serve({ config });
    for (const path of [
      url,
      '/health',
      '/metrics',
      '/docs',
      '/docs/json',
      '/v1/runs/x/events',
      '/no',
    ]) {
      const answer = await server.inject({ url: path });
      expect([path, answer.statusCode]).toEqual([path, 401]);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
    expect((await server.inject({ url: '/health/live' })).statusCode).toBe(200);
    expect((await server.inject({ url: '/health/ready' })).payload).toBe('{"status":"ok"}');
  });

  it('the key in either header → 200, from any host; a wrong or cut one → 401', async () => {
    const server = serve({ config });
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await server.inject({ url, headers: { host: 'api.example', ...headers } })).statusCode;
    expect(await status({ authorization: `Bearer ${KEY}` })).toBe(200);
    expect(await status({ authorization: `bearer ${KEY}` })).toBe(200);
    expect(await status({ 'x-api-key': KEY })).toBe(200);
    expect(await status({ 'x-api-key': KEY.slice(1) })).toBe(401);
    expect(await status({ authorization: `Basic ${KEY}` })).toBe(401);
    expect(await status({ authorization: `Bearer ${KEY} x` })).toBe(401);
    expect(await status({ 'x-api-key': '' })).toBe(401);
  });
});

describe('faults inside', () => {
  it('a service that throws what it should not → 500 without a word of it', async () => {
    const search = async (): Promise<never> => {
      throw new TypeError('secret detail at /srv/app.ts:1');
    };
    const server = serve({ index: { search, find: search } });
    const answer = await server.inject({ url: '/v1/search?q=x', headers: LOCAL });
    expect([answer.statusCode, answer.json().error.type]).toEqual([500, 'Internal']);
    expect(answer.payload).not.toMatch(/secret|app\.ts|TypeError/);
  });

  it('headers of every answer → no sniffing, no framing, no caching', async () => {
    for (const path of ['/health/live', '/nothing']) {
      const { headers } = await serve().inject({ url: path, headers: LOCAL });
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      });
    }
  });
});

describe('generated requests', () => {
  const ROUTES = [
    ['POST', '/v1/runs'],
    ['POST', '/v1/runs/x/cancel'],
    ['PUT', '/v1/servers/x'],
    ['POST', '/v1/servers/import'],
    ['POST', '/v1/servers/x/test'],
    ['PATCH', '/v1/tools/files/read'],
    ['POST', '/v1/tools/files/read/approve'],
    ['POST', '/v1/tools/call'],
  ] as const;
  const field = fc.constantFrom(
    ...['goal', 'plan', 'steps', 'limits', 'transport', 'kind', 'url', 'headers', 'env', 'effects'],
    ...['mcpServers', 'text', 'tool', 'args', 'tags', 'enabled', 'reason', 'fingerprint', 'id'],
  );
  const body = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      fc.constantFrom('stdio', 'http', 'http://a', 1e308, -1, '', '\u0000', 'x'.repeat(5000)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(field, tie('value'), { maxKeys: 6 }),
    ),
  })).value;

  it('any JSON to any route → an answer below 500, in one shape', async () => {
    const server = serve({ options: { allowStdioServers: true } });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ROUTES), body, async ([method, url], payload) => {
        const headers = { ...LOCAL, ...JSON_TYPE };
        const answer = await server.inject({
          method,
          url,
          headers,
          payload: JSON.stringify(payload),
        });
        expect(answer.statusCode).toBeLessThan(500);
        if (answer.statusCode >= 400) expect(Object.keys(answer.json())).toEqual(['error']);
      }),
      { numRuns: 400 },
    );
  });

  it('any path and query → an answer below 500', async () => {
    const server = serve();
    const part = fc.string({ unit: 'binary', maxLength: 40 }).map(encodeURIComponentSafely);
    await fc.assert(
      fc.asyncProperty(part, part, part, async (a, b, c) => {
        for (const url of [
          `/v1/runs/${a}`,
          `/v1/tools/${a}/${b}`,
          `/v1/search?q=${a}&k=${b}&${c}`,
        ]) {
          expect((await server.inject({ url, headers: LOCAL })).statusCode).toBeLessThan(500);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Half of a surrogate pair has no encoding. */
function encodeURIComponentSafely(text: string): string {
  return encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ''));
}
