// Proves what the routes of MCP servers do and answer.
import { describe, expect, it } from 'vitest';
import { serve } from '../support/serve.ts';

const STDIO = { transport: { kind: 'stdio', command: 'node', args: ['server.js'] } };

describe('servers', () => {
  const allow = { options: { allowStdioServers: true } };

  it('register, read, change and remove → 201, masked secrets, 200, 204', async () => {
    const { ask, services } = serve(allow);
    const remote = {
      transport: {
        kind: 'http',
        url: 'https://mcp.example/mcp?api_key=abc',
        headers: { authorization: 'Bearer s3cret', 'x-from': '${HOME}' },
      },
    };
    const created = await ask('PUT', '/v1/servers/web', remote);
    expect(created.status).toBe(201);
    expect(created.text).not.toContain('s3cret');
    expect(created.text).not.toContain('api_key=abc');
    expect(created.body).toMatchObject({ refresh: { ok: true, added: ['files/read'] } });
    const shown = (await ask('GET', '/v1/servers/web')).body as { definition: object };
    const changed = await ask('PUT', '/v1/servers/web', { ...shown.definition, tags: ['x'] });
    expect(changed.status).toBe(200);
    expect(services.servers.get('web')?.definition).toMatchObject({
      tags: ['x'],
      transport: { url: remote.transport.url, headers: remote.transport.headers },
    });
    expect((await ask('DELETE', '/v1/servers/web')).status).toBe(204);
    expect((await ask('GET', '/v1/servers/web')).status).toBe(404);
  });

  it('a masked secret that nothing is stored for → 400 that names it', async () => {
    const { ask } = serve(allow);
    const answer = await ask('PUT', '/v1/servers/web', {
      transport: { kind: 'http', url: 'https://a.example', headers: { authorization: '***' } },
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('transport.headers.authorization');
  });

  it('a server that does not answer → registered all the same, with the reason', async () => {
    const { ask, services } = serve(allow);
    services.problem = 'It hangs.';
    const answer = await ask('PUT', '/v1/servers/slow', STDIO);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ refresh: { ok: false, problem: 'It hangs.' } });
    expect((await ask('POST', '/v1/servers/slow/refresh')).body).toMatchObject({ ok: false });
    expect((await ask('POST', '/v1/servers/slow/test')).body).toMatchObject({
      ok: false,
      problem: 'It hangs.',
    });
    expect((await ask('POST', '/v1/servers/none/test')).status).toBe(404);
  });

  it('a stdio server where it is not allowed, or through a proxy → 403 and not registered', async () => {
    const strict = serve();
    expect((await strict.ask('PUT', '/v1/servers/x', STDIO)).status).toBe(403);
    const file = { mcpServers: { x: { command: 'node' } } };
    expect((await strict.ask('POST', '/v1/servers/import', file)).status).toBe(403);
    const proxied = serve(allow);
    const header = { 'x-forwarded-for': '203.0.113.9' };
    expect((await proxied.ask('PUT', '/v1/servers/x', STDIO, header)).status).toBe(403);
    expect([strict.services.servers.size, proxied.services.servers.size]).toEqual([0, 0]);
  });

  it("registered on the machine → the operator's word; through a proxy → a tenant's, one by one and by file", async () => {
    const { ask, services } = serve(allow);
    const remote = { transport: { kind: 'http', url: 'https://a.example/mcp', headers: {} } };
    const there = { 'x-forwarded-for': '203.0.113.9' };
    const file = (name: string) => ({ mcpServers: { [name]: { url: 'https://a.example/mcp' } } });
    await ask('PUT', '/v1/servers/here', remote);
    const answer = await ask('PUT', '/v1/servers/there', remote, there);
    expect(answer.body).toMatchObject({ server: { trust: 'tenant' } });
    await ask('POST', '/v1/servers/import', file('here-too'));
    await ask('POST', '/v1/servers/import', file('there-too'), there);
    const trusts = [...services.servers.values()].map(({ name, trust }) => `${name} ${trust}`);
    expect(trusts).toEqual([
      'here operator',
      'there tenant',
      'here-too operator',
      'there-too tenant',
    ]);
  });

  it('an mcpServers file → all its servers; a wrong one → 400 with line and field, and none', async () => {
    const { ask, services } = serve(allow);
    const good = { mcpServers: { one: { command: 'node' }, two: { url: 'http://a.example' } } };
    const answer = await ask('POST', '/v1/servers/import', good);
    expect(answer.status).toBe(200);
    expect([...services.servers.keys()]).toEqual(['one', 'two']);
    const text = '{"mcpServers": {\n  "three": {"command": "x"},\n  "four": {"comand": "y"}}}';
    const wrong = await ask('POST', '/v1/servers/import', { text, source: 'servers.json' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('servers.json');
    expect(wrong.text).toContain('line 3');
    expect(wrong.text).toContain('comand');
    expect(services.servers.has('three')).toBe(false);
  });

  it.each([
    [{ transport: { kind: 'ftp' } }, 'transport.kind'],
    [{ transport: { kind: 'http', url: 'file:///etc/passwd' } }, 'transport.url'],
    [{ transport: { kind: 'http', url: 'http://u:p@a.example' } }, 'transport.url'],
    [{ transport: { kind: 'websocket', url: 'http://a.example' } }, 'transport.url'],
    [{ transport: { kind: 'http', url: 'http://a', headers: { a: 'x\r\ny: z' } } }, 'headers.a'],
    [{ transport: { kind: 'http', url: 'http://a', headers: { 'a b': 'x' } } }, 'headers.a b'],
    [{ ...STDIO, callTimeoutMs: 0 }, 'callTimeoutMs'],
    [{ ...STDIO, effects: { '*': 'harmless' } }, 'effects'],
    [{ ...STDIO, enabeld: true }, 'did you mean \\"enabled\\"'],
  ])('the definition %j → 400 about %s', async (body, about) => {
    const { ask } = serve(allow);
    const answer = await ask('PUT', '/v1/servers/x', body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(about);
  });
});
