// Proves that servers of both protocol eras are spoken to in their own, that the era is asked for
// once, and that changes and cancellations arrive in the newer one. By servers built on the
// official SDK over HTTP, WebSocket and stdio.
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createMcpConnections } from '../../../services/mcp/connections.ts';
import type { McpProgress } from '../../../services/mcp/mcp-call.ts';
import type { McpConnections } from '../../../services/mcp/mcp-connections.ts';
import { callOf, nodeServer, remote, silent, targetOf } from '../../support/fake-mcp-target.ts';
import type { ModernServer } from '../../support/fake-mcp-modern-server.ts';
import { startModernServer } from '../../support/fake-mcp-modern-server.ts';
import { waitFor } from '../../support/wait-for.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close().catch(() => {});
});

function connect(): McpConnections {
  const connections = createMcpConnections({ log: silent, env: process.env });
  closers.push(() => connections.close());
  return connections;
}

async function start(options: Parameters<typeof startModernServer>[0] = {}): Promise<ModernServer> {
  const server = await startModernServer(options);
  closers.push(() => server.close());
  return server;
}

const modernProgram = fileURLToPath(
  new URL('../../support/fake-mcp-modern-server.ts', import.meta.url),
);

describe('the newer era over HTTP', () => {
  it('automatic → found by one question, used for all that follows', async () => {
    const server = await start();
    const connections = connect();
    const target = targetOf('modern', remote('http', server.url));
    const listing = await connections.listTools(target);
    expect(listing).toMatchObject({
      era: '2026-07-28',
      serverInfo: { name: 'modern', version: '3.0.0' },
      instructions: 'Be kind.',
    });
    const answer = await connections.call(target, callOf('echo', { message: 'hi' }));
    expect(answer.content).toEqual([{ type: 'text', text: 'hi' }]);
    const methods = server.asked.map(({ method }) => method);
    expect(methods.filter((method) => method === 'server/discover')).toHaveLength(1);
    expect(methods).not.toContain('initialize');
    expect(server.asked.at(-1)).toMatchObject({ method: 'tools/call', header: 'tools/call' });
  });

  it('pinned → spoken without a fallback', async () => {
    const server = await start();
    const target = targetOf('modern', remote('http', server.url), { protocol: '2026-07-28' });
    expect((await connect().listTools(target)).era).toBe('2026-07-28');
  });

  it('pinned to the older one on a server of both → greeted in the older way', async () => {
    const server = await start({ legacy: 'stateless' });
    const target = targetOf('modern', remote('http', server.url), { protocol: '2025-11-25' });
    expect((await connect().listTools(target)).era).toBe('2025-11-25');
    expect(server.asked.map(({ method }) => method)).not.toContain('server/discover');
  });

  it('progress → reported; structured content → kept', async () => {
    const server = await start();
    const seen: McpProgress[] = [];
    const answer = await connect().call(
      targetOf('modern', remote('http', server.url)),
      callOf('count', { steps: 3 }, { onProgress: (progress) => seen.push(progress) }),
    );
    expect(answer.structured).toEqual({ counted: 3 });
    expect(seen.map(({ progress }) => progress)).toEqual([1, 2, 3]);
  });

  it('a tool that wants an argument as a header → gets it; one that asks wrongly is left out', async () => {
    const server = await start({ headers: ['Region', 'Not A Token'] });
    const connections = connect();
    const target = targetOf('modern', remote('http', server.url));
    const { tools } = await connections.listTools(target);
    expect(tools.map(({ name }) => name)).toContain('with-header-0');
    expect(tools.map(({ name }) => name)).not.toContain('with-header-1');
    const answer = await connections.call(target, callOf('with-header-0', { region: 'eu-1' }));
    expect(answer.content).toEqual([{ type: 'text', text: 'eu-1' }]);
    expect(server.asked.at(-1)).toMatchObject({ method: 'tools/call', region: 'eu-1' });
  });

  it('cancelled → the handler on the server is aborted', async () => {
    const server = await start();
    const abort = new AbortController();
    const connections = connect();
    const target = targetOf('modern', remote('http', server.url));
    const waiting = connections.call(target, callOf('wait', {}, { signal: abort.signal }));
    await waitFor('the call', () => server.asked.some(({ method }) => method === 'tools/call'));
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await waitFor('the abort to arrive', () => server.aborted.length > 0);
  });

  it('tools change → heard on the subscription, for that server only', async () => {
    const [server, other] = [await start(), await start()];
    const connections = connect();
    const heard: string[] = [];
    connections.onToolsChanged((_tenant, name) => heard.push(name));
    const target = targetOf('modern', remote('http', server.url));
    await connections.listTools(target);
    await connections.listTools(targetOf('other', remote('http', other.url)));
    await waitFor('the subscription', () =>
      server.asked.some(({ method }) => method === 'subscriptions/listen'),
    );
    await waitFor('the notice', () => {
      server.addTool(`new-${heard.length}-${Math.random().toString(36).slice(2)}`);
      return heard.length > 0;
    });
    expect(new Set(heard)).toEqual(new Set(['modern']));
    expect((await connections.listTools(target)).tools.length).toBeGreaterThan(3);
  });

  it('the server restarts → the subscription is opened again and the tools looked up anew', async () => {
    const server = await start();
    const connections = connect();
    const heard: string[] = [];
    connections.onToolsChanged((_tenant, name) => heard.push(name));
    const target = targetOf('modern', remote('http', server.url));
    await connections.listTools(target);
    await waitFor('the subscription', () =>
      server.asked.some(({ method }) => method === 'subscriptions/listen'),
    );
    await server.close();
    const again = await start({ port: server.port });
    await waitFor('the new subscription', () =>
      again.asked.some(({ method }) => method === 'subscriptions/listen'),
    );
    await waitFor('the notice', () => heard.length > 0);
  });
});

describe('the newer era over stdio', () => {
  it('a server that knows only it → one process, and the era is remembered', async () => {
    const connections = connect();
    const target = targetOf('modern', nodeServer(modernProgram));
    expect((await connections.listTools(target)).era).toBe('2026-07-28');
    const answer = await connections.call(target, callOf('echo', { message: 'hi' }));
    expect(answer.content).toEqual([{ type: 'text', text: 'hi' }]);
    expect(connections.health()).toMatchObject([{ era: '2026-07-28', state: 'connected' }]);
  });

  it('cancelled → the call ends at once and the server goes on', async () => {
    const connections = connect();
    const target = targetOf('modern', nodeServer(modernProgram));
    await connections.listTools(target);
    const signal = AbortSignal.timeout(50);
    await expect(connections.call(target, callOf('wait', {}, { signal }))).rejects.toThrow(
      'aborted due to timeout',
    );
    const answer = await connections.call(target, callOf('echo', { message: 'still here' }));
    expect(answer.content).toEqual([{ type: 'text', text: 'still here' }]);
  });
});
