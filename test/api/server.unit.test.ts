// Proves what each route does and answers: a real server without a port (`inject`), services in memory.
import { afterEach, describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import type { ApiDeps } from '../../api/api-deps.ts';
import { createServer } from '../../api/server.ts';
import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../../services/errors.ts';
import { ROUTE, TOOL, fakeServices } from './support/fake-services.ts';

const open: FastifyInstance[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

function serve(given: Partial<ApiDeps> = {}) {
  const services = fakeServices(given);
  const server = createServer(services);
  open.push(server);
  const ask = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    payload?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await server.inject({
      method,
      url,
      headers: { host: '127.0.0.1:8484', ...headers },
      ...(payload === undefined ? {} : { payload: payload as object }),
    });
    const isJson = String(response.headers['content-type']).includes('application/json');
    return {
      status: response.statusCode,
      body: (isJson && response.payload !== '' ? response.json() : {}) as object,
      headers: response.headers,
      text: response.payload,
    };
  };
  return { services, server, ask };
}

const PLAN = { steps: [{ id: 'a', tool: 'files/read', args: { path: 'x' } }] };
const STDIO = { transport: { kind: 'stdio', command: 'node', args: ['server.js'] } };

describe('runs', () => {
  it('a goal → 202 with the run, where it is, and one workflow started for the tenant', async () => {
    const { ask, services } = serve();
    const answer = await ask('POST', '/v1/runs', { goal: 'do it', limits: { maxTurns: 2 } });
    expect(answer.status).toBe(202);
    const { runId, workflowId, links } = answer.body as {
      runId: string;
      workflowId: string;
      links: object;
    };
    expect(workflowId).toBe(`t:default:run:${runId}`);
    expect(answer.headers['location']).toBe(`/v1/runs/${runId}`);
    expect(links).toEqual({
      self: `/v1/runs/${runId}`,
      events: `/v1/runs/${runId}/events`,
      temporalUi: `http://127.0.0.1:8233/namespaces/default/workflows/t%3Adefault%3Arun%3A${runId}`,
    });
    expect(services.starts).toHaveLength(1);
    expect(services.starts[0]?.input).toMatchObject({
      goal: 'do it',
      tenant: { tenantId: 'default', actor: 'api' },
      limits: { maxTurns: 2, maxToolCalls: 100 },
    });
  });

  it('a plan → runs as it was checked', async () => {
    const { ask, services } = serve();
    expect((await ask('POST', '/v1/runs', { plan: PLAN })).status).toBe(202);
    expect(services.starts[0]?.input).toMatchObject({ plan: { steps: [] }, written: null });
  });

  it('a plan to be explained → how it would run, and nothing is started', async () => {
    const { ask, services } = serve();
    const answer = await ask('POST', '/v1/plans/explain', { plan: PLAN });
    expect([answer.status, answer.body]).toMatchObject([200, { dropped: ['dead'], depth: 0 }]);
    expect(services.starts).toHaveLength(0);
  });

  it('a wrong plan → 400 with every problem, and nothing is started', async () => {
    const { ask, services } = serve();
    services.planProblems = [
      { kind: 'unknown-tool', step: 'a', field: 'tool', message: 'is not registered' },
      { kind: 'cycle', step: null, field: null, message: 'goes in a circle' },
    ];
    const answer = await ask('POST', '/v1/runs', { plan: PLAN });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      error: {
        type: 'Plan.Invalid',
        problems: [
          { path: 'plan.steps.a.tool', message: 'is not registered' },
          { path: 'plan', message: 'goes in a circle' },
        ],
      },
    });
    expect(services.starts).toHaveLength(0);
  });

  it.each([
    [{}, 'give either "goal"'],
    [{ goal: 'x', plan: PLAN }, 'give either "goal"'],
    [{ goal: ' ' }, 'goal is empty'],
    [{ gaol: 'x' }, 'there is no field "gaol"; did you mean "goal"?'],
    [{ goal: 'x', limits: { maxTurns: 0 } }, 'limits.maxTurns is at least 1 (received 0)'],
    [{ goal: 'x', tenantId: 'b' }, 'there is no field "tenantId"'],
    [{ goal: 'x', runId: 't:b:run:1' }, 'runId takes 1 to 64 letters'],
    [{ plan: PLAN, conversationId: 'c' }, 'a plan has no conversation'],
    [{ plan: { steps: [] } }, 'plan.steps is empty'],
  ])('the body %j → 400 that says %s', async (body, said) => {
    const { ask, services } = serve();
    const answer = await ask('POST', '/v1/runs', body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(JSON.stringify(said).slice(1, -1));
    expect(services.starts).toHaveLength(0);
  });

  it('one Idempotency-Key twice → one run; with another body → 422', async () => {
    const { ask, services } = serve();
    const key = { 'idempotency-key': 'order-17' };
    const first = await ask('POST', '/v1/runs', { goal: 'a' }, key);
    const second = await ask('POST', '/v1/runs', { goal: 'a' }, key);
    const other = await ask('POST', '/v1/runs', { goal: 'b' }, key);
    expect([first.status, second.status, other.status]).toEqual([202, 202, 422]);
    expect(second.body).toEqual(first.body);
    expect(other.body).toMatchObject({ error: { type: 'IdempotencyKeyReused' } });
    expect(services.starts).toHaveLength(1);
  });

  it('one key twice with a plan that the registry refuses by now → still the first run', async () => {
    const { ask, services } = serve();
    const key = { 'idempotency-key': 'nightly' };
    const first = await ask('POST', '/v1/runs', { plan: PLAN }, key);
    services.planProblems = [{ step: 'a', field: 'tool', message: 'is gone' }];
    const second = await ask('POST', '/v1/runs', { plan: PLAN }, key);
    expect(second.status).toBe(202);
    expect(second.body).toEqual(first.body);
  });

  it('a run id that belongs to another request → 409', async () => {
    const { ask } = serve();
    await ask('POST', '/v1/runs', { goal: 'a', runId: 'mine' });
    const answer = await ask('POST', '/v1/runs', { goal: 'b', runId: 'mine' });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('belongs to another request');
  });

  it('a run that does not exist → 404 for reading, cancelling and following', async () => {
    const { ask } = serve();
    for (const [method, url] of [
      ['GET', '/v1/runs/none'],
      ['POST', '/v1/runs/none/cancel'],
      ['GET', '/v1/runs/none/events'],
    ] as const) {
      expect([url, (await ask(method, url)).status]).toEqual([url, 404]);
    }
  });

  it('list, show and cancel of an open run → its summary, its links, 202', async () => {
    const { ask } = serve();
    await ask('POST', '/v1/runs', { goal: 'a', runId: 'r1' });
    expect((await ask('GET', '/v1/runs?limit=5')).body).toMatchObject({ runs: [{ runId: 'r1' }] });
    expect((await ask('GET', '/v1/runs/r1')).body).toMatchObject({
      status: 'running',
      progress: null,
      links: { events: '/v1/runs/r1/events' },
    });
    const cancelled = await ask('POST', '/v1/runs/r1/cancel', { reason: 'wrong' });
    expect([cancelled.status, cancelled.body]).toEqual([202, { runId: 'r1', accepted: true }]);
  });

  it('a filter that would change the query → 400', async () => {
    const { ask } = serve();
    const answer = await ask('GET', `/v1/runs?agent=${encodeURIComponent("a' OR 1=1 --")}`);
    expect(answer.status).toBe(400);
  });
});

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

describe('tools', () => {
  it('list, read, change, approve, remove → what the registry says', async () => {
    const { ask } = serve();
    expect((await ask('GET', '/v1/tools')).body).toMatchObject({
      catalogueVersion: 1,
      tools: [{ id: 'files/read', effect: 'read' }],
    });
    expect((await ask('GET', '/v1/tools/files/read')).body).not.toHaveProperty('tenantId');
    const near = await ask('GET', '/v1/tools/files/raed');
    expect(near.status).toBe(404);
    expect(near.text).toContain('Did you mean \\"files/read\\"?');
    const changed = await ask('PATCH', '/v1/tools/files/read', { enabled: false });
    expect(changed.body).toMatchObject({ enabled: false });
    expect((await ask('PATCH', '/v1/tools/files/read', {})).status).toBe(400);
    expect((await ask('POST', '/v1/tools/files/read/approve')).status).toBe(200);
    const old = await ask('POST', '/v1/tools/files/read/approve', { fingerprint: 'f0' });
    expect(old.status).toBe(409);
    expect((await ask('DELETE', '/v1/tools/files/read')).status).toBe(204);
    expect((await ask('DELETE', '/v1/tools/files/read')).status).toBe(404);
  });

  it('a call → the tool by its id or model name, under a key of the tenant', async () => {
    const { ask, services } = serve();
    const byName = await ask('POST', '/v1/tools/call', { tool: 'files_read', args: { path: 'x' } });
    expect([byName.status, byName.body]).toMatchObject([200, { structured: { ok: true } }]);
    await ask('POST', '/v1/tools/call', { tool: 'files/read' }, { 'idempotency-key': 'k1' });
    expect(services.calls).toMatchObject([
      { tool: 'files/read', args: { path: 'x' }, fingerprint: null },
      { tool: 'files/read', args: {}, idempotencyKey: 'api:default:k1' },
    ]);
  });

  it.each([
    [FAILURE.toolUnavailable, 503, '5'],
    [FAILURE.toolTimeout, 504, undefined],
    [FAILURE.toolBadArguments, 400, undefined],
    [FAILURE.toolDisabled, 409, undefined],
    [FAILURE.toolOutcomeUnknown, 409, undefined],
    [FAILURE.payloadTooLarge, 413, undefined],
    [FAILURE.llmRateLimited, 429, '5'],
  ] as const)(
    'a call that fails with %s → %i, retry-after %s',
    async (type, status, retryAfter) => {
      const call = async (): Promise<never> => {
        throw new ServiceError(type, 'It did not work.');
      };
      const answer = await serve({ tools: { call } }).ask('POST', '/v1/tools/call', {
        tool: 'a/b',
      });
      expect(answer.status).toBe(status);
      expect(answer.headers['retry-after']).toBe(retryAfter);
      expect(answer.body).toMatchObject({ error: { type, message: 'It did not work.' } });
    },
  );

  it('search → the tools with their scores; without a query → 400', async () => {
    const { ask } = serve();
    expect((await ask('GET', '/v1/search?q=read&k=3')).body).toMatchObject({
      hits: [{ tool: { id: 'files/read' }, score: 0.5 }],
    });
    expect((await ask('GET', '/v1/search')).status).toBe(400);
    expect((await ask('GET', '/v1/search?q=x&k=1000')).status).toBe(400);
  });

  it('search with filters, one or many of each → what the search is limited to', async () => {
    const asked: unknown[] = [];
    const { ask, services } = serve({
      index: {
        ...fakeServices().index,
        find: async (...request) => {
          asked.push(request);
          return { hits: [], confidence: 0, fits: false, evidence: null };
        },
      },
    });
    services.servers.set('gone', { name: 'gone', status: 'unreachable' } as never);
    const path = '/v1/search?q=a%20file&server=files&effect=read&effect=keyed&tag=x&tag=y&k=7';
    expect((await ask('GET', `${path}&reachable=true`)).body).toEqual({
      ...{ hits: [], confidence: 0, fits: false, evidence: null },
    });
    const limits = { k: 7, servers: ['files'], effects: ['read', 'keyed'], tags: ['x', 'y'] };
    expect(asked).toEqual([['default', 'a file', { ...limits, skipServers: ['gone'] }]]);
    for (const wrong of ['effect=none', 'server=A B', 'k=0', 'reachable=maybe', 'what=1']) {
      expect((await ask('GET', `/v1/search?q=x&${wrong}`)).status, wrong).toBe(400);
    }
  });
});

describe('breakers', () => {
  it('isolated by hand → open, held by whom and why; released → recovering', async () => {
    const { ask } = serve();
    const path = '/v1/breakers/provider/openai%2Fm';
    expect((await ask('GET', path)).body).toMatchObject({ state: 'closed', admit: 1 });
    const held = await ask('POST', `${path}/isolate`, { reason: 'maintenance' });
    expect(held.body).toMatchObject({ state: 'open', heldBy: 'api', reason: 'maintenance' });
    const { breakers } = (await ask('GET', '/v1/breakers')).body as { breakers: object[] };
    expect(breakers).toContainEqual(held.body);
    expect((await ask('POST', `${path}/release`, {})).body).toMatchObject({ state: 'recovering' });
  });

  it('isolated and released → in its history, in that of all and of its model: when, by whom, why', async () => {
    const { ask } = serve();
    const path = '/v1/breakers/provider/openai%2Fm';
    await ask('POST', `${path}/isolate`, { reason: 'maintenance' });
    await ask('POST', `${path}/release`, {});
    const { transitions } = (await ask('GET', `${path}/history`)).body as { transitions: object[] };
    const common = { kind: 'provider', name: 'openai/m', by: 'api', isDryRun: false };
    const atMs = expect.any(Number) as number;
    const process = expect.any(String) as string;
    expect(transitions).toEqual([
      {
        ...{ ...common, atMs, process, from: 'isolated', to: 'recovering' },
        reason: 'released by an operator',
      },
      { ...common, atMs, process, from: 'closed', to: 'isolated', reason: 'maintenance' },
    ]);
    expect((await ask('GET', '/v1/breakers/history?limit=1')).body).toEqual({
      transitions: transitions.slice(0, 1),
    });
    expect((await ask('GET', '/v1/providers/openai%2Fm/health')).body).toMatchObject({
      transitions,
    });
    expect((await ask('GET', path)).body).toMatchObject({ phase: 'recovering' });
    expect((await ask('GET', '/v1/breakers/provider/opnai%2Fm/history')).status).toBe(404);
    for (const wrong of ['hours=0', 'limit=501', 'hours=many']) {
      expect((await ask('GET', `/v1/breakers/history?${wrong}`)).status, wrong).toBe(400);
    }
  });

  it('dry run and settings set, then reset → shown with who set them; nonsense → 400 names it', async () => {
    const { ask } = serve();
    const path = '/v1/breakers/provider/openai%2Fm';
    const set = await ask('PATCH', `${path}/settings`, { mode: 'dry-run', slowMs: 5000 });
    expect(set.body).toMatchObject({
      settings: {
        mode: 'dry-run',
        preset: 'provider',
        slowMs: 5000,
        rampMs: expect.any(Number) as number,
      },
      changed: { overrides: { mode: 'dry-run', slowMs: 5000 }, updatedBy: 'api' },
    });
    expect((await ask('GET', path)).body).toEqual(set.body);
    for (const [body, says] of [
      [{ slowMs: -1 }, 'slowMs'],
      [{ sloMs: 1000 }, 'sloMs'],
      [{ openMs: { first: 9000, max: 500 } }, 'openMs.first is 9000'],
    ] as const) {
      const refused = await ask('PATCH', `${path}/settings`, body);
      expect([refused.status, refused.text]).toMatchObject([
        400,
        expect.stringContaining(says) as string,
      ]);
    }
    expect((await ask('DELETE', `${path}/settings`)).body).toMatchObject({
      settings: { mode: 'enforce' },
      changed: null,
    });
  });

  it('a tool of its own → isolated alone, listed only then; one that is not there → 404', async () => {
    const { ask } = serve();
    const path = `/v1/breakers/tool/${encodeURIComponent(TOOL.id)}`;
    const targets = async () =>
      ((await ask('GET', '/v1/breakers')).body as { breakers: { kind: string }[] }).breakers.filter(
        ({ kind }) => kind === 'tool',
      );
    expect((await ask('GET', path)).body).toMatchObject({ kind: 'tool', phase: 'closed' });
    expect(await targets()).toEqual([]);
    await ask('POST', `${path}/isolate`, { reason: 'wrong numbers' });
    expect(await targets()).toMatchObject([{ name: TOOL.id, phase: 'isolated' }]);
    expect((await ask('GET', '/v1/breakers/tool/files%2Fnothing')).status).toBe(404);
  });

  it('a target that is not there, or no reason → 404 names those that are, 400', async () => {
    const { ask } = serve();
    const missing = await ask('GET', '/v1/breakers/provider/opnai%2Fm');
    expect([missing.status, missing.text]).toMatchObject([
      404,
      expect.stringContaining('There are: openai/m.') as string,
    ]);
    expect((await ask('GET', '/v1/breakers/mcp/nothing')).status).toBe(404);
    const path = '/v1/breakers/provider/openai%2Fm/isolate';
    expect((await ask('POST', path, { reason: ' ' })).status).toBe(400);
  });
});

describe('history of models', () => {
  it('suggestions, and how a model did → given; another model → 404 names those there are', async () => {
    const { ask } = serve();
    expect((await ask('GET', '/v1/providers/suggestions?days=7')).body).toMatchObject({
      suggestions: [{ instead: 'openai/n' }],
    });
    expect((await ask('GET', '/v1/providers/openai%2Fm/health?hours=2')).body).toMatchObject({
      route: { id: 'openai/m' },
      history: [{ state: 'healthy', calls: 1 }],
    });
    const missing = await ask('GET', '/v1/providers/openai%2Fx/health');
    expect(missing.status).toBe(404);
    expect(missing.text).toContain('There are: openai/m.');
    expect((await ask('GET', '/v1/providers/suggestions?days=400')).status).toBe(400);
  });
});

describe('composition rules', () => {
  const rule = { name: 'ask', kind: 'needs-approval', tool: 'crm/*', reason: 'no undo' };

  it('written, listed in a sentence, removed → 404 afterwards', async () => {
    const { ask } = serve();
    expect((await ask('PUT', '/v1/rules/ask', rule)).body).toMatchObject({
      rule,
      says: "crm/* waits for a person's approval",
      source: 'operator',
      updatedBy: 'api',
    });
    expect((await ask('GET', '/v1/rules')).body).toMatchObject({ rules: [{ rule }] });
    expect((await ask('DELETE', '/v1/rules/ask')).status).toBe(204);
    expect((await ask('GET', '/v1/rules/ask')).status).toBe(404);
  });

  it('a file → its rules; a wrong one → line and column; two names → 400', async () => {
    const { ask } = serve();
    const text = 'rules: [{name: ask, kind: needs-approval, tool: crm/*, reason: no undo}]';
    const applied = await ask('POST', '/v1/rules/import', { text, source: 'a.yaml' });
    expect(applied.body).toEqual({ written: ['ask'], removed: [] });
    const wrong = await ask('POST', '/v1/rules/import', { text: 'rules: 1', source: 'a.yaml' });
    expect([wrong.status, wrong.text]).toMatchObject([
      400,
      expect.stringContaining('a.yaml is wrong: line 1, column 8: rules') as string,
    ]);
    expect((await ask('PUT', '/v1/rules/other', rule)).status).toBe(400);
  });
});

describe('the rest', () => {
  it('providers → each route with its health; enabling one that is not there → 404 names those', async () => {
    const { ask } = serve();
    expect((await ask('GET', '/v1/providers')).body).toEqual({ routes: [ROUTE] });
    expect((await ask('POST', '/v1/providers/openai/enable', {})).body).toEqual({ enabled: true });
    const missing = await ask('POST', '/v1/providers/opnai/enable', {});
    expect([missing.status, missing.body]).toMatchObject([
      404,
      { error: { message: 'There is no provider "opnai". There are: openai.' } },
    ]);
  });

  it('an artifact → a download in a safe type, whatever its tool called it', async () => {
    const { ask } = serve();
    const answer = await ask('GET', '/v1/artifacts/a1');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="a1"',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
    expect((await ask('GET', '/v1/artifacts/a2')).status).toBe(404);
  });

  it('health with something needed down → ready is 503, health tells all, live is 200', async () => {
    const down = {
      name: 'temporal',
      state: 'down' as const,
      needed: true,
      detail: null,
      problem: 'gone',
      remedy: 'start it',
    };
    const { ask } = serve({ health: { check: async () => [down] } });
    expect((await ask('GET', '/health/live')).status).toBe(200);
    const ready = await ask('GET', '/health/ready');
    expect([ready.status, ready.body]).toEqual([503, { status: 'down' }]);
    expect((await ask('GET', '/health')).body).toEqual({ status: 'down', components: [down] });
  });

  it('metrics → Prometheus text', async () => {
    const answer = await serve().ask('GET', '/metrics');
    expect([answer.headers['content-type'], answer.text]).toEqual([
      'text/plain; version=0.0.4',
      'up 1\n',
    ]);
  });

  it('what every route refuses before its handler → in its description, in the form it has there', async () => {
    const { body } = await serve().ask('GET', '/docs/json');
    type Answers = Record<string, { content?: Record<string, { schema?: { $ref?: string } }> }>;
    const { paths } = body as { paths: Record<string, Record<string, { responses: Answers }>> };
    const answers = (path: string, method: string) => paths[path]?.[method]?.responses ?? {};
    expect(Object.keys(answers('/v1/servers/{name}', 'put'))).toEqual(
      expect.arrayContaining(['400', '401', '413', '414', '415']),
    );
    const { '400': refused } = answers('/v1/chat/completions', 'post');
    expect(refused?.content?.['application/json']?.schema?.$ref).toMatch(/OpenAiError$/);
    const lines = answers('/v1/batches/{id}/results', 'get');
    expect(Object.keys(lines['200']?.content ?? {})).toEqual(['application/x-ndjson']);
    expect(Object.keys(lines['404']?.content ?? {})).toEqual(['application/json']);
  });

  it('the description → OpenAPI 3.1 with every route, its errors and its schemas', async () => {
    const { ask } = serve();
    const { body } = await ask('GET', '/docs/json');
    const { openapi, paths, components } = body as {
      openapi: string;
      paths: Record<string, Record<string, { responses: object }>>;
      components: { schemas: object };
    };
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths).sort()).toEqual([
      '/health',
      '/health/live',
      '/health/ready',
      '/metrics',
      '/v1/approvals',
      '/v1/approvals/{id}',
      '/v1/artifacts/{id}',
      '/v1/batches',
      '/v1/batches/{id}',
      '/v1/batches/{id}/cancel',
      '/v1/batches/{id}/events',
      '/v1/batches/{id}/items',
      '/v1/batches/{id}/results',
      '/v1/batches/{id}/resume',
      '/v1/breakers',
      '/v1/breakers/history',
      '/v1/breakers/{kind}/{name}',
      '/v1/breakers/{kind}/{name}/history',
      '/v1/breakers/{kind}/{name}/isolate',
      '/v1/breakers/{kind}/{name}/release',
      '/v1/breakers/{kind}/{name}/settings',
      '/v1/chat/completions',
      '/v1/conversations/{id}/events',
      '/v1/conversations/{id}/messages',
      '/v1/effects',
      '/v1/effects/decide',
      '/v1/embeddings',
      '/v1/models',
      '/v1/plans/explain',
      '/v1/providers',
      '/v1/providers/suggestions',
      '/v1/providers/{id}/health',
      '/v1/providers/{name}/enable',
      '/v1/responses',
      '/v1/rules',
      '/v1/rules/import',
      '/v1/rules/suggestions',
      '/v1/rules/suggestions/{id}/accept',
      '/v1/rules/suggestions/{id}/dismiss',
      '/v1/rules/{name}',
      '/v1/runs',
      '/v1/runs/{id}',
      '/v1/runs/{id}/cancel',
      '/v1/runs/{id}/events',
      '/v1/runs/{id}/messages',
      '/v1/runs/{id}/pause',
      '/v1/runs/{id}/resume',
      '/v1/runs/{id}/signals/{name}',
      '/v1/schedules',
      '/v1/schedules/{id}',
      '/v1/schedules/{id}/backfill',
      '/v1/schedules/{id}/pause',
      '/v1/schedules/{id}/resume',
      '/v1/schedules/{id}/trigger',
      '/v1/search',
      '/v1/servers',
      '/v1/servers/import',
      '/v1/servers/{name}',
      '/v1/servers/{name}/login',
      '/v1/servers/{name}/login/finish',
      '/v1/servers/{name}/refresh',
      '/v1/servers/{name}/test',
      '/v1/tools',
      '/v1/tools/call',
      '/v1/tools/find',
      '/v1/tools/{server}/{tool}',
      '/v1/tools/{server}/{tool}/approve',
    ]);
    expect(paths['/v1/runs']?.['post']?.responses).toHaveProperty('422');
    expect(components.schemas).toHaveProperty('Run');
    expect(components.schemas).toHaveProperty('ModelChoice');
    expect((await ask('GET', '/docs')).headers['content-type']).toContain('text/html');
  });
});
