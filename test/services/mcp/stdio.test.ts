// Proves that servers run as child processes are connected, called, bounded and ended cleanly, and
// that each way in which one can misbehave gives a clear error. By a hand-written server that
// misbehaves on request (test/support/fake-mcp-bad-server.mjs) in real processes.
import { readdirSync, readFileSync } from 'node:fs';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { TenantId } from '../../../common/tenant.ts';
import { createMcpConnections } from '../../../services/mcp/connections.ts';
import type { McpProgress } from '../../../services/mcp/mcp-call.ts';
import type { McpConnections } from '../../../services/mcp/mcp-connections.ts';
import type { McpError } from '../../../services/mcp/mcp-error.ts';
import { badServer, callOf, silent, targetOf } from '../../support/fake-mcp-target.ts';
import { waitFor } from '../../support/wait-for.ts';

let connections: McpConnections;
const opened: McpConnections[] = [];

function connect(
  limits: { maxResultBytes?: number; idleCloseMs?: number; maxTools?: number } = {},
) {
  connections = createMcpConnections({ log: silent, env: process.env, limits });
  opened.push(connections);
  return connections;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

async function failureOf(promise: Promise<unknown>): Promise<McpError> {
  const error = await promise.then(
    () => new Error('It did not fail.'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'ServiceError' });
  return error as McpError;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function childProcesses(): number {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return children.filter((pid) => parentOf(pid) === process.pid).length;
}

function parentOf(pid: string): number | null {
  try {
    return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return null;
  }
}

const openFiles = () => readdirSync('/proc/self/fd').length;

describe('a server that behaves', () => {
  it('is listed → era, identity, instructions and tools', async () => {
    const listing = await connect().listTools(badServer());
    expect(listing).toMatchObject({
      era: '2025-11-25',
      serverInfo: { name: 'bad-server', version: '1.2.3' },
      instructions: 'Handle with care.',
    });
    expect(listing.tools.find(({ name }) => name === 'echo')).toEqual({
      name: 'echo',
      title: null,
      description: 'Does echo.',
      inputSchema: { type: 'object' },
      outputSchema: null,
      annotations: null,
    });
  });

  it('is called by many at once before it runs → one process, every answer to its caller', async () => {
    connect();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        connections.call(badServer(), callOf('echo', { message: `m${index}` })),
      ),
    );
    expect(answers.map(({ content }) => content[0])).toEqual(
      Array.from({ length: 20 }, (_, index) => ({ type: 'text', text: `m${index}` })),
    );
    expect(childProcesses()).toBe(1);
    expect(answers[0]?.bytes).toBeGreaterThan(20);
  });

  it('gets the idempotency key → under its own name in _meta', async () => {
    connect();
    const answer = await connections.call(
      badServer(),
      callOf('meta', {}, { idempotencyKey: 'acme/run-1/step-2' }),
    );
    const [block] = answer.content;
    expect(block?.type === 'text' && JSON.parse(block.text)).toMatchObject({
      'io.ostinato/idempotency-key': 'acme/run-1/step-2',
    });
  });

  it('answers in every kind of content → kept as it is', async () => {
    const answer = await connect().call(badServer(), callOf('kinds'));
    expect(answer.content.map(({ type }) => type)).toEqual([
      'text',
      'image',
      'audio',
      'resource_link',
      'resource',
      'resource',
    ]);
    expect(answer.structured).toEqual({ answer: 42 });
  });

  it('changes its tools → its listeners hear of it, with its name', async () => {
    connect();
    const heard: string[] = [];
    connections.onToolsChanged((tenantId, server) => heard.push(`${tenantId}/${server}`));
    await connections.call(badServer(), callOf('grow'));
    await waitFor('the change', () => heard.length > 0);
    expect(heard).toEqual(['default/bad']);
    const { tools } = await connections.listTools(badServer());
    expect(tools.map(({ name }) => name)).toContain('grown');
  });

  it('of two tenants → a process each, and each hears of its own changes only', async () => {
    connect();
    const heard: string[] = [];
    connections.onToolsChanged((tenantId) => heard.push(tenantId));
    const acme = badServer('good', { tenantId: 'acme' as TenantId });
    const globex = badServer('good', { tenantId: 'globex' as TenantId });
    await connections.call(acme, callOf('grow'));
    const { tools } = await connections.listTools(globex);
    expect(tools.map(({ name }) => name)).not.toContain('grown');
    expect(childProcesses()).toBe(2);
    await waitFor('the change', () => heard.length > 0);
    expect(heard).toEqual(['acme']);
    await connections.disconnect(acme.tenantId, acme.server);
    expect(childProcesses()).toBe(1);
  });

  it('gets another definition under its name → the old process ends, the new one answers', async () => {
    connect();
    await connections.call(badServer(), callOf('echo', { message: 'a' }));
    await connections.call(badServer('chatty'), callOf('echo', { message: 'b' }));
    await waitFor('the old process to end', () => childProcesses() === 1);
  });

  it('is not called for the idle time → its process ends, the next call starts it again', async () => {
    connect({ idleCloseMs: 50 });
    await connections.call(badServer(), callOf('echo', { message: 'a' }));
    await waitFor('the process to end', () => childProcesses() === 0);
    expect(connections.health()).toMatchObject([{ state: 'closed', problem: null }]);
    const answer = await connections.call(badServer(), callOf('echo', { message: 'b' }));
    expect(answer.content).toEqual([{ type: 'text', text: 'b' }]);
  });
});

describe('starting a server', () => {
  it('command does not exist → an error that names it, and no retry', async () => {
    const target = targetOf('ghost', {
      kind: 'stdio',
      command: 'no-such-command-anywhere',
      args: [],
      env: {},
      cwd: null,
    });
    const error = await failureOf(connect().listTools(target));
    expect(error.type).toBe(FAILURE.toolUnavailable);
    expect(error.message).toMatch(/"ghost".*"no-such-command-anywhere".*does not exist.*Install/);
    expect(error).toMatchObject({ sent: false, retry: { allowed: false } });
  });

  it('exits at once → exit code and last words', async () => {
    const error = await failureOf(connect().listTools(badServer('exits')));
    expect(error.type).toBe(FAILURE.toolUnavailable);
    expect(error.message).toMatch(/"bad".*exit code 3.*fatal: no licence key/);
    expect(error.sent).toBe(false);
  });

  it('prints garbage and never answers → a timeout that shows the garbage', async () => {
    const target = badServer('garbage', { connectTimeoutMs: 900 });
    const error = await failureOf(connect().listTools(target));
    expect(error.type).toBe(FAILURE.toolTimeout);
    expect(error.message).toMatch(/within 900 ms.*"Welcome to my server!" on stdout.*stderr/);
  });

  it('floods stdout with garbage → ended for that, not for its time', async () => {
    const error = await failureOf(connect().listTools(badServer('floods')));
    expect(error.type).toBe(FAILURE.toolUnavailable);
    expect(error.message).toMatch(/garbage garbage.*on stdout/);
  });

  it('hangs in initialize → a timeout with the remedy, and no process left', async () => {
    const target = badServer('hangs-in-initialize', { connectTimeoutMs: 600 });
    const error = await failureOf(connect().listTools(target));
    expect(error.type).toBe(FAILURE.toolTimeout);
    expect(error.message).toMatch(
      /"bad" did not finish the handshake within 600 ms.*connect timeout/,
    );
    await waitFor('the process to end', () => childProcesses() === 0);
  });

  it('prints garbage among good messages → works', async () => {
    const answer = await connect().call(badServer('chatty'), callOf('echo', { message: 'fine' }));
    expect(answer.content).toEqual([{ type: 'text', text: 'fine' }]);
  });

  it('speaks an unknown protocol version → an error that names it', async () => {
    const error = await failureOf(connect().listTools(badServer('odd-version')));
    expect(error.message).toMatch(/1999-01-01/);
  });

  it.each(['dies-on-discover', 'silent-on-discover'])(
    'an old server that %s → is greeted in the older way',
    async (mode) => {
      const target = badServer(mode, { connectTimeoutMs: 6_000 });
      expect((await connect().listTools(target)).era).toBe('2025-11-25');
    },
  );

  it('the newer era is pinned and the server is old → an error, no fallback', async () => {
    const target = badServer('good', { protocol: '2026-07-28' });
    expect((await failureOf(connect().listTools(target))).message).toMatch(/2026-07-28/);
  });

  it('prints a secret that it was given and exits → neither log nor error shows it', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const env = { ...process.env, KEY: 'hunter2-hunter2' };
    const own = createMcpConnections({ log, env });
    opened.push(own);
    const target = targetOf('leaky', {
      kind: 'stdio',
      command: process.execPath,
      args: ['-e', 'console.error("bad key " + process.env.KEY); process.exit(1)'],
      env: { KEY: '${KEY}' },
      cwd: null,
    });
    const error = await failureOf(own.listTools(target));
    expect(error.message).toMatch(/bad key \[redacted\]/);
    expect(lines.join('')).toMatch(/"server":"leaky".*bad key \[redacted\]/);
    expect(lines.join('')).not.toMatch(/hunter2/);
  });

  it('a line of 100 kB on stderr → shortened in the log', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    const own = createMcpConnections({ log, env: process.env });
    opened.push(own);
    await own.call(badServer('long-stderr'), callOf('echo', { message: 'a' }));
    await waitFor('both lines', () => lines.length >= 2);
    expect(lines[0]?.length).toBeLessThan(1_000);
    expect(lines[0]).toMatch(/\[100000 bytes\]/);
    expect(lines[1]).toMatch(/"msg":"short"/);
  });

  it('a variable is missing → an error that names variable and field', async () => {
    const target = targetOf('keyed', {
      kind: 'stdio',
      command: process.execPath,
      args: [],
      env: { KEY: '${NO_SUCH_VARIABLE}' },
      cwd: null,
    });
    const error = await failureOf(connect().listTools(target));
    expect(error.type).toBe(FAILURE.badInput);
    expect(error.message).toMatch(/"keyed".*NO_SUCH_VARIABLE.*env\.KEY/);
  });

  it('has just failed → calls fail at once with the reason and when to come back; listing tries', async () => {
    connect();
    await failureOf(connections.listTools(badServer('exits')));
    const error = await failureOf(connections.call(badServer('exits'), callOf('echo')));
    expect(error.message).toMatch(/exit code 3.*next attempt is in \d+ ms/);
    expect(error.retry.afterMs).toBeGreaterThan(0);
    expect((await failureOf(connections.listTools(badServer('exits')))).message).not.toMatch(
      /next attempt/,
    );
  });

  it('one hangs → the others answer without waiting for it', async () => {
    connect();
    const hanging = failureOf(
      connections.listTools(
        targetOf('hanging', badServer('hangs').transport, { connectTimeoutMs: 30_000 }),
      ),
    );
    const first = await Promise.race([
      hanging.then(() => 'the hanging one'),
      connections
        .call(badServer(), callOf('echo', { message: 'a' }))
        .then(() => 'the one that works'),
    ]);
    expect(first).toBe('the one that works');
    await connections.disconnect(badServer().tenantId, 'hanging' as never);
    await hanging;
  });
});

describe('listing tools', () => {
  it('in three pages → all', async () => {
    const { tools } = await connect().listTools(badServer('three-pages'));
    expect(tools.map(({ name }) => name)).toEqual(['tool-0', 'tool-1', 'tool-2']);
  });

  it.each([
    ['endless-pages', /"bad" did not end its tool list within 100 pages/],
    ['circular-pages', /"bad" repeats the page "1"/],
    ['same-name-twice', /"bad" lists the tool "tool-0" twice/],
    ['many-tools', /"bad" lists more than 500 tools/],
  ])('%s → a clear error', async (mode, message) => {
    const error = await failureOf(connect().listTools(badServer(mode)));
    expect(error.type).toBe(FAILURE.toolBadAnswer);
    expect(error.message).toMatch(message);
  });

  it('more tools than usual with the limit raised → all', async () => {
    const { tools } = await connect({ maxTools: 1_000 }).listTools(badServer('many-tools'));
    expect(tools).toHaveLength(600);
  });

  it('no tools capability → empty', async () => {
    expect((await connect().listTools(badServer('no-tools'))).tools).toEqual([]);
  });
});

describe('calls that go wrong', () => {
  it('the server dies → unavailable, sent, with exit code and last words; later it is back', async () => {
    connect();
    const changed: string[] = [];
    connections.onToolsChanged((_tenant, server) => changed.push(server));
    const error = await failureOf(connections.call(badServer(), callOf('die')));
    expect(error.type).toBe(FAILURE.toolUnavailable);
    expect(error.message).toMatch(/"die" of server "bad" was cut off.*exit code 7.*out of memory/);
    expect(error).toMatchObject({ sent: true, retry: { allowed: true } });
    await waitFor('the server to be connected again', () => changed.length > 0);
    expect(connections.health()).toMatchObject([{ server: 'bad', state: 'connected' }]);
  });

  it('the server dies under many calls → one event by one name; back → its listeners hear of it', async () => {
    connect();
    const back: string[] = [];
    connections.onReconnected((tenantId, server) => back.push(`${tenantId}/${server}`));
    const waiting = Array.from({ length: 4 }, () =>
      failureOf(connections.call(badServer(), callOf('slow', { steps: 100, everyMs: 100 }))),
    );
    const died = await failureOf(connections.call(badServer(), callOf('die')));
    const refused = await failureOf(
      connections.call(badServer(), callOf('echo', { message: 'x' })),
    );
    const incidents = [died, refused, ...(await Promise.all(waiting))].map((each) => each.incident);
    expect(new Set(incidents).size).toBe(1);
    expect(died.incident).toMatch(/^[\da-f-]{36}$/);
    await waitFor('the server to be connected again', () => back.length > 0);
    expect(back).toEqual(['default/bad']);
    const again = await failureOf(connections.call(badServer(), callOf('die')));
    expect(again.incident).not.toBe(died.incident);
  });

  it('50 MB with a limit of 1 MiB → too large, naming the size; the connection lives', async () => {
    connect({ maxResultBytes: 1024 * 1024 });
    await connections.call(badServer(), callOf('echo', { message: 'first' }));
    const [error, other] = await Promise.all([
      failureOf(connections.call(badServer(), callOf('huge', { bytes: 50_000_000 }))),
      connections.call(badServer(), callOf('slow', { steps: 1, everyMs: 30 })),
    ]);
    expect(error.type).toBe(FAILURE.payloadTooLarge);
    expect(error.message).toMatch(
      /"huge" of server "bad" answered with 5000\d{4} bytes.*limit is 1048576/,
    );
    expect(error.retry.allowed).toBe(false);
    expect(other.content).toEqual([{ type: 'text', text: 'done' }]);
    const again = await connections.call(badServer(), callOf('echo', { message: 'after' }));
    expect(again.content).toEqual([{ type: 'text', text: 'after' }]);
  });

  it('too large with the id at the end → found all the same', async () => {
    connect({ maxResultBytes: 100_000 });
    const args = { bytes: 200_000, idFirst: false };
    const error = await failureOf(connections.call(badServer(), callOf('huge', args)));
    expect(error.type).toBe(FAILURE.payloadTooLarge);
  });

  it('silence longer than the timeout → timeout; the server is told of the cancellation', async () => {
    connect();
    const error = await failureOf(
      connections.call(badServer(), callOf('wait', {}, { timeoutMs: 100 })),
    );
    expect(error.type).toBe(FAILURE.toolTimeout);
    expect(error.message).toMatch(/"wait" of server "bad" gave no sign for 100 ms/);
    expect(error.sent).toBe(true);
    const cancelled = await connections.call(badServer(), callOf('cancelled'));
    expect(cancelled.content).toMatchObject([{ text: expect.stringMatching(/^\[\d+\]$/) }]);
  });

  it('progress comes → the silence starts anew, and is reported', async () => {
    const seen: McpProgress[] = [];
    const answer = await connect().call(
      badServer(),
      callOf(
        'slow',
        { steps: 8, everyMs: 400 },
        { timeoutMs: 2_000, onProgress: (progress) => seen.push(progress) },
      ),
    );
    expect(answer.content).toEqual([{ type: 'text', text: 'done' }]);
    // The SDK may drop the last one: it comes in one piece with the answer.
    expect(seen[6]).toEqual({ progress: 7, total: 8, message: 'step 7' });
  });

  it('progress without end → the absolute limit ends it', async () => {
    const error = await failureOf(
      connect().call(
        badServer(),
        callOf('slow', { steps: 1_000, everyMs: 30 }, { timeoutMs: 200, maxTotalTimeoutMs: 500 }),
      ),
    );
    expect(error.type).toBe(FAILURE.toolTimeout);
    expect(error.message).toMatch(/longer than it may take in all/);
  });

  it('the caller cancels → its own reason comes back, and the server is told', async () => {
    connect();
    const abort = new AbortController();
    const reason = new Error('the run was cancelled');
    const waiting = connections.call(badServer(), callOf('wait', {}, { signal: abort.signal }));
    await waitFor('the call to be in flight', () => connections.health()[0]?.state === 'connected');
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    const cancelled = await connections.call(badServer(), callOf('cancelled'));
    expect(cancelled.content).toMatchObject([{ text: expect.stringMatching(/^\[\d+\]$/) }]);
  });

  it.each([
    ['unknown', {}, FAILURE.toolNotFound, /"unknown" of server "bad" does not exist/],
    ['fail', { code: -32602, message: 'a is missing' }, FAILURE.toolBadArguments, /a is missing/],
    ['fail', { code: -32603, message: 'oops' }, FAILURE.toolUnavailable, /oops/],
    ['fail', { code: -1, message: 'odd' }, FAILURE.toolBadAnswer, /protocol error -1: odd/],
    [
      'nonsense',
      {},
      FAILURE.toolBadAnswer,
      /"nonsense" of server "bad" gave an answer that is not MCP/,
    ],
  ])('%s %j → %s', async (tool, args, type, message) => {
    const error = await failureOf(connect().call(badServer(), callOf(tool, args)));
    expect(error.type).toBe(type);
    expect(error.message).toMatch(message);
  });
});

describe('ending', () => {
  it('a server with a child that ignores SIGTERM → both are gone', async () => {
    connect();
    const answer = await connections.call(badServer('stubborn'), callOf('spawn'));
    const [block] = answer.content;
    const grandchild = Number(block?.type === 'text' && block.text);
    expect(isAlive(grandchild)).toBe(true);
    await connections.disconnect(badServer().tenantId, badServer().server);
    await waitFor('the grandchild to end', () => !isAlive(grandchild));
    expect(childProcesses()).toBe(0);
  });

  it('50 rounds of connect, call, disconnect → processes and handles as before', async () => {
    connect();
    const round = async () => {
      await connections.call(badServer(), callOf('echo', { message: 'a' }));
      await connections.disconnect(badServer().tenantId, badServer().server);
    };
    await round();
    const before = { children: childProcesses(), files: openFiles() };
    for (let index = 0; index < 50; index += 1) await round();
    await waitFor('handles to be closed', () => openFiles() <= before.files);
    expect(childProcesses()).toBe(before.children);
    expect(connections.health()).toEqual([]);
  });

  it('closed while it connects → the caller hears why, and no process is left', async () => {
    connect();
    const listing = failureOf(connections.listTools(badServer('hangs')));
    await waitFor('the process to start', () => childProcesses() === 1);
    await connections.close();
    expect((await listing).sent).toBe(false);
    expect(childProcesses()).toBe(0);
  });
});
