// Proves that servers over Streamable HTTP are called with their headers, survive the loss of a
// session, are bounded in size and time, and can be cancelled down to the socket. By a hand-written
// HTTP server that misbehaves on request (test/support/fake-mcp-http-server.ts).
import { afterEach, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import { createMcpConnections } from '../../../services/mcp/connections.ts';
import type { McpConnections } from '../../../services/mcp/mcp-connections.ts';
import type { McpError } from '../../../services/mcp/mcp-error.ts';
import type { FakeHttpOptions, FakeHttpServer } from '../../support/fake-mcp-http-server.ts';
import { startFakeHttpServer } from '../../support/fake-mcp-http-server.ts';
import { callOf, remote, silent, targetOf } from '../../support/fake-mcp-target.ts';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/wait-for.ts';

let connections: McpConnections;
let server: FakeHttpServer;
const closers: (() => Promise<void>)[] = [];

async function start(
  options: FakeHttpOptions = {},
  limits: { maxResultBytes?: number } = {},
  env: Record<string, string> = {},
) {
  server = await startFakeHttpServer(options);
  connections = createMcpConnections({ log: silent, env, limits });
  closers.push(connections.close.bind(connections), () => server.close());
}

afterEach(async () => {
  for (const close of closers.splice(0)) await close().catch(() => {});
});

const target = (headers: Record<string, string> = {}) =>
  targetOf('web', remote('http', server.url, headers));

async function failureOf(promise: Promise<unknown>): Promise<McpError> {
  const error: unknown = await promise.then(
    () => new Error('It did not fail.'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'ServiceError' });
  return error as McpError;
}

describe('headers', () => {
  it('with a variable in them → expanded when connecting, sent with every request', async () => {
    await start({ token: 's3cret' }, {}, { WEB_TOKEN: 's3cret' });
    const given = target({ Authorization: 'Bearer ${WEB_TOKEN}', 'X-Team': '${TEAM:-core}' });
    await connections.call(given, callOf('echo', { message: 'a' }));
    expect(server.seen.length).toBeGreaterThan(2);
    for (const { headers } of server.seen) {
      expect(headers).toMatchObject({ authorization: 'Bearer s3cret', 'x-team': 'core' });
    }
    expect(given.transport).toMatchObject({ headers: { Authorization: 'Bearer ${WEB_TOKEN}' } });
  });

  it('refused → an error that points at the header, shows no token and asks for no retry', async () => {
    await start({ token: 'right' });
    const error = await failureOf(
      connections.listTools(target({ Authorization: 'Bearer wrong-token' })),
    );
    expect(error.type).toBe(FAILURE.toolUnavailable);
    expect(error.message).toMatch(
      /"web" answered the handshake with HTTP 401.*Authorization header/,
    );
    expect(error.message).not.toContain('wrong-token');
    expect(error).toMatchObject({ sent: false, retry: { allowed: false } });
  });
});

describe('a lost session', () => {
  it.each([404, 400] as const)(
    'answered with %i → initialised again once, the call retried',
    async (status) => {
      await start({ forgottenStatus: status });
      await connections.call(target(), callOf('echo', { message: 'a' }));
      server.forget();
      const answers = await Promise.all(
        ['b', 'c', 'd'].map((message) => connections.call(target(), callOf('echo', { message }))),
      );
      expect(answers.map(({ content }) => content[0])).toEqual(
        ['b', 'c', 'd'].map((text) => ({ type: 'text', text })),
      );
      expect(server.initialised()).toBe(2);
      expect(server.ran).toEqual(['echo', 'echo', 'echo', 'echo']);
    },
  );

  it('and a call that must not be repeated → not sent again; the error says it did not run', async () => {
    await start();
    await connections.call(target(), callOf('echo', { message: 'a' }));
    server.forget();
    const once = callOf('echo', { message: 'b' }, { retrySafe: false });
    const error = await failureOf(connections.call(target(), once));
    expect(error).toMatchObject({
      type: FAILURE.toolUnavailable,
      sent: false,
      retry: { allowed: true },
    });
    expect(server.ran).toEqual(['echo']);
  });

  it('lost again right after → one retry only', async () => {
    await start();
    await connections.call(target(), callOf('echo', { message: 'a' }));
    const always = setInterval(() => server.forget(), 0);
    server.forget();
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => connections.call(target(), callOf('echo', { message: 'b' }))),
    );
    clearInterval(always);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ sent: false });
    }
    expect(server.initialised()).toBeLessThan(12);
  });

  it('the server restarts on its port → back without help, and its tools are looked up anew', async () => {
    await start();
    await connections.call(target(), callOf('echo', { message: 'a' }));
    const heard: string[] = [];
    connections.onToolsChanged((_tenant, name) => heard.push(name));
    await server.close();
    await waitFor('the loss to be noticed', () => connections.health()[0]?.state === 'failed');
    expect(connections.health()[0]?.problem).toMatch(/Server "web"/);
    const { port } = server;
    server = await startFakeHttpServer({ port });
    await waitFor(
      'the connection to come back',
      () => connections.health()[0]?.state === 'connected',
    );
    await waitFor('the notice', () => heard.length > 0);
    expect((await connections.call(target(), callOf('echo', { message: 'c' }))).content).toEqual([
      { type: 'text', text: 'c' },
    ]);
  });
});

describe('what the server tells on its own', () => {
  it('its tools changed → the listeners of that server hear of it', async () => {
    await start();
    const heard: string[] = [];
    connections.onToolsChanged((_tenant, name) => heard.push(name));
    await connections.listTools(target());
    await waitFor('the stream', () => server.notify('notifications/tools/list_changed') > 0);
    await waitFor('the notice', () => heard.length > 0);
    expect(new Set(heard)).toEqual(new Set(['web']));
  });
});

describe('answers that are too large', () => {
  it.each(['huge', 'huge-stream', 'bomb'])(
    '%s → dropped with its size, the connection lives',
    async (tool) => {
      await start({}, { maxResultBytes: 200_000 });
      const error = await failureOf(
        connections.call(target(), callOf(tool, { bytes: 30_000_000 })),
      );
      expect(error.type).toBe(FAILURE.payloadTooLarge);
      expect(error.message).toMatch(
        new RegExp(
          `"${tool}" of server "web" answered with \\d+ bytes or more; the limit is 200000`,
        ),
      );
      const after = await connections.call(target(), callOf('echo', { message: 'after' }));
      expect(after.content).toEqual([{ type: 'text', text: 'after' }]);
      expect(server.initialised()).toBe(1);
    },
  );

  it('just below the limit → whole, with its size', async () => {
    await start({}, { maxResultBytes: 1_000_000 });
    const answer = await connections.call(target(), callOf('huge', { bytes: 900_000 }));
    expect(answer.bytes).toBeGreaterThan(900_000);
  });
});

describe('calls that go wrong', () => {
  it.each(['break-off', 'cut'])('%s → unavailable, sent, not a timeout', async (tool) => {
    await start();
    const error = await failureOf(connections.call(target(), callOf(tool)));
    expect(error.type).toBe(FAILURE.toolUnavailable);
    expect(error.message).toMatch(/was cut off/);
    expect(error).toMatchObject({ sent: true, retry: { allowed: true } });
  });

  it.each([
    [
      'busy',
      FAILURE.toolUnavailable,
      /HTTP 429/,
      { sent: false, retry: { allowed: true, afterMs: 7_000 } },
    ],
    ['broken', FAILURE.toolUnavailable, /HTTP 500.*oops/, { sent: true, retry: { allowed: true } }],
    [
      'html',
      FAILURE.toolBadAnswer,
      /not MCP.*text\/html/,
      { sent: true, retry: { allowed: false } },
    ],
    ['not-json', FAILURE.toolBadAnswer, /not MCP/, { sent: true, retry: { allowed: false } }],
    ['nothing', FAILURE.toolNotFound, /does not exist/, { sent: false, retry: { allowed: false } }],
  ])('%s → %s', async (tool, type, message, rest) => {
    await start();
    const error = await failureOf(connections.call(target(), callOf(tool)));
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ type, ...rest });
  });

  it.each(['wait', 'wait-silently'])(
    '%s, then cancelled → the server is told and hung up on',
    async (tool) => {
      await start();
      const abort = new AbortController();
      const reason = new Error('the run was cancelled');
      const waiting = connections.call(target(), callOf(tool, {}, { signal: abort.signal }));
      await waitFor('the call to arrive', () => server.ran.length > 0);
      abort.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      await waitFor('the socket to be closed', () => server.hungUp.includes(tool));
      expect(server.cancelled).toHaveLength(1);
      const after = await connections.call(target(), callOf('echo', { message: 'after' }));
      expect(after.content).toEqual([{ type: 'text', text: 'after' }]);
    },
  );

  it('the server went away → the call never arrived, and says so', async () => {
    await start();
    await connections.call(target(), callOf('echo', { message: 'a' }));
    await server.close();
    const lost = await waitFor('the refusal', async () => {
      const error = await failureOf(connections.call(target(), callOf('echo', { message: 'b' })));
      return /ECONNREFUSED/.test(error.message) ? error : null;
    });
    expect(lost.message).toMatch(/nothing listens at this address/);
    expect(lost).toMatchObject({ sent: false, retry: { allowed: true } });
  });

  it('nothing listens at the address → an error that says so', async () => {
    await start();
    const port = await freePort();
    const nowhere = targetOf('nowhere', remote('http', `http://127.0.0.1:${port}/mcp?key=hidden`));
    const error = await failureOf(connections.listTools(nowhere));
    expect(error.type).toBe(FAILURE.toolUnavailable);
    expect(error.message).toMatch(
      /"nowhere".*nothing listens at this address.*http:\/\/127.0.0.1:\d+\/mcp is reachable/,
    );
    expect(error.message).not.toContain('hidden');
  });

  it('a URL that is none → bad input that shows it', async () => {
    await start();
    const error = await failureOf(
      connections.listTools(targetOf('odd', remote('http', 'localhost:80/mcp'))),
    );
    expect(error.type).toBe(FAILURE.badInput);
    expect(error.message).toMatch(/"odd".*"localhost:80\/mcp".*http:\/\/ or https:\/\//);
  });
});

describe('ending', () => {
  it('disconnected → the server is told that the session is over', async () => {
    await start();
    await connections.listTools(target());
    await connections.disconnect(target().tenantId, target().server);
    expect(server.seen.at(-1)?.method).toBe('DELETE');
    expect(connections.health()).toEqual([]);
  });
});
