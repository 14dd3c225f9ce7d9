// Proves what find_tools answers and what call_tool sends, with an index and a registry in memory.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../common/json.ts';
import type { TenantContext, TenantId } from '../../../common/tenant.ts';
import type { CallToolInput, ServerName, ToolId } from '../../../common/tool.ts';
import { createMetaTools } from '../../../services/discovery/meta-tools.ts';
import type { RegisteredServer, RegisteredTool } from '../../../services/registry/registry.ts';
import type {
  SearchAnswer,
  SearchHit,
  SearchOptions,
} from '../../../services/registry/tool-index.ts';

const TENANT: TenantContext = { tenantId: 'acme' as TenantId, actor: 'ann', scopes: [] };

function tool(id: string, given: Partial<RegisteredTool> = {}): RegisteredTool {
  const [server = '', name = ''] = id.split('/');
  return {
    tenantId: TENANT.tenantId,
    id: id as ToolId,
    server: server as ServerName,
    name,
    modelName: id.replace('/', '_'),
    title: null,
    description: `Does ${name}.`,
    inputSchema: { type: 'object' },
    outputSchema: null,
    fingerprint: 'f',
    effect: 'read',
    enabled: true,
    status: 'active',
    tags: [],
    warnings: [],
    lastSeenMs: 1,
    ...given,
  };
}

function hit(id: string, score: number): SearchHit {
  return { id: id as ToolId, score, matched: null, arms: { dense: null, lexical: null } };
}

function metaTools(
  tools: readonly RegisteredTool[],
  found: Record<string, Partial<SearchAnswer>>,
  servers: readonly RegisteredServer[] = [],
) {
  const queries: {
    readonly tenantId: TenantId;
    readonly request: unknown;
    readonly options: SearchOptions;
  }[] = [];
  const calls: CallToolInput[] = [];
  const byId = new Map(tools.map((each) => [each.id, each]));
  const made = createMetaTools({
    index: {
      async find(tenantId, request, options) {
        queries.push({ tenantId, request, options });
        const answer = typeof request === 'string' ? undefined : found[request.tool];
        return { hits: [], confidence: 0.5, fits: answer !== undefined, evidence: null, ...answer };
      },
    },
    registry: {
      listServers: async () => servers,
      findTool: async (_tenantId, id) => byId.get(id) ?? null,
      findToolByModelName: async (_tenantId, name) =>
        tools.find(({ modelName }) => modelName === name) ?? null,
    },
    tools: {
      async call(input) {
        calls.push(input);
        return { isError: false, content: [], structured: null, artifact: null };
      },
    },
  });
  return { ...made, queries, calls };
}

describe('find_tools', () => {
  it('several requests at once → one answer each, in their order, for the tenant', async () => {
    const { findTools, queries } = metaTools([tool('git/commit'), tool('mail/send')], {
      'commit a change': { hits: [hit('git/commit', 0.71234)], confidence: 0.91234 },
      'send a mail': { hits: [hit('mail/send', 0.6)] },
    });
    const answers = await findTools(TENANT, [
      { server: 'a code host', tool: 'commit a change' },
      { server: null, tool: 'send a mail' },
    ]);
    expect(queries).toMatchObject([
      { tenantId: 'acme', request: { server: 'a code host', tool: 'commit a change' } },
      { tenantId: 'acme', request: { server: '', tool: 'send a mail' } },
    ]);
    expect(answers).toEqual([
      {
        request: { server: 'a code host', tool: 'commit a change' },
        fits: true,
        confidence: 0.912,
        note: null,
        tools: [
          {
            id: 'git/commit',
            server: 'git',
            description: 'Does commit.',
            warning: null,
            inputSchema: { type: 'object' },
            score: 0.712,
          },
        ],
      },
      expect.objectContaining({
        fits: true,
        tools: [expect.objectContaining({ id: 'mail/send', score: 0.6 })],
      }),
    ]);
  });

  it('many hits → the best three when sure, up to eight when not', async () => {
    const ids = [...'abcdefghijkl'].map((name) => `s/${name}`);
    const hits = ids.map((id) => hit(id, 0.6));
    const { findTools } = metaTools(
      ids.map((id) => tool(id)),
      { sure: { hits, confidence: 0.9 }, unsure: { hits, confidence: 0.3 } },
    );
    const [sure, unsure] = await findTools(TENANT, [
      { server: null, tool: 'sure' },
      { server: null, tool: 'unsure' },
    ]);
    expect(sure?.tools.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    expect(unsure?.tools.map(({ id }) => id)).toEqual(ids.slice(0, 8));
  });

  it('a filter → reaches the index for every request, without servers that cannot be reached', async () => {
    const servers = [
      { name: 'up', status: 'ready' },
      { name: 'down', status: 'unreachable' },
    ] as unknown as readonly RegisteredServer[];
    const { findTools, queries } = metaTools([], {}, servers);
    await findTools(TENANT, [{ server: null, tool: 'any' }], {
      effects: ['read'],
      tags: ['team-a'],
      reachable: true,
    });
    expect(queries[0]?.options).toMatchObject({
      effects: ['read'],
      tags: ['team-a'],
      skipServers: ['down'],
    });
  });

  it('a tool whose description gives orders → shown with the warning', async () => {
    const odd = tool('s/odd', { warnings: ['the description gives orders to the model'] });
    const { findTools } = metaTools([odd], { odd: { hits: [hit('s/odd', 0.6)] } });
    const [answer] = await findTools(TENANT, [{ server: null, tool: 'odd' }]);
    expect(answer?.tools[0]?.warning).toContain('gives orders');
  });

  it('nothing fits → fits is false, and the nearest two are named as such', async () => {
    const hits = [hit('s/a', 0.2), hit('s/b', 0.15), hit('s/c', 0.1)];
    const { findTools } = metaTools([tool('s/a'), tool('s/b'), tool('s/c')], {
      'brew coffee': { hits, confidence: 0.1, fits: false },
    });
    const [answer] = await findTools(TENANT, [{ server: null, tool: 'brew coffee' }]);
    expect(answer?.fits).toBe(false);
    expect(answer?.tools.map(({ id }) => id)).toEqual(['s/a', 's/b']);
    expect(answer?.note).toMatch(/Nothing fits.*s\/a and s\/b/);
  });

  it('all that fits was disabled since → fits is false', async () => {
    const { findTools } = metaTools([tool('s/a', { enabled: false })], {
      x: { hits: [hit('s/a', 0.9)] },
    });
    const [answer] = await findTools(TENANT, [{ server: null, tool: 'x' }]);
    expect(answer).toMatchObject({ fits: false, tools: [] });
  });

  it('no tools at all → fits is false, and the note says so', async () => {
    const [answer] = await metaTools([], {}).findTools(TENANT, [{ server: null, tool: 'x' }]);
    expect(answer).toMatchObject({
      fits: false,
      tools: [],
      note: expect.stringContaining('no tool') as string,
    });
  });

  it('tools that are disabled, changed or gone since → left out', async () => {
    const tools = [
      tool('s/off', { enabled: false }),
      tool('s/changed', { status: 'changed' }),
      tool('s/good'),
    ];
    const { findTools } = metaTools(tools, {
      x: { hits: ['s/off', 's/changed', 's/missing', 's/good'].map((id) => hit(id, 0.9)) },
    });
    const [answer] = await findTools(TENANT, [{ server: null, tool: 'x' }]);
    expect(answer?.tools.map(({ id }) => id)).toEqual(['s/good']);
  });

  it('a long description and a fat schema → one cut line, and only what a caller needs', async () => {
    const inputSchema: JsonObject = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      title: 'Args',
      additionalProperties: false,
      required: ['title'],
      properties: {
        title: { type: 'string', title: 'Title', description: `a\n${'b'.repeat(500)}` },
        kind: { enum: ['x', 'y'], default: { title: 'kept, as it is data' }, examples: ['x'] },
        list: { type: 'array', items: { type: 'object', title: 'Item', properties: {} } },
      },
    };
    const fat = tool('s/a', { description: `line\n\nline ${'c'.repeat(900)}`, inputSchema });
    const { findTools } = metaTools([fat], { x: { hits: [hit('s/a', 0.9)] } });
    const [answer] = await findTools(TENANT, [{ server: null, tool: 'x' }]);
    const [found] = answer?.tools ?? [];
    expect(found?.description).toHaveLength(400);
    expect(found?.description).toMatch(/^line line c+…$/);
    const shown = (description: string) => ({
      type: 'object',
      required: ['title'],
      properties: {
        title: { type: 'string', description },
        kind: { enum: ['x', 'y'], default: { title: 'kept, as it is data' } },
        list: { type: 'array', items: { type: 'object', properties: {} } },
      },
    });
    expect(found?.inputSchema).toEqual(shown(`a ${'b'.repeat(77)}…`));
    expect(answer?.note).toContain('Ask for a tool by its id alone to see all of it');

    const [whole] = await findTools(TENANT, [{ server: null, tool: ' s/a ' }]);
    expect(whole).toMatchObject({ fits: true, confidence: 1, note: null });
    expect(whole?.tools).toHaveLength(1);
    expect(whole?.tools[0]?.description).toHaveLength(910);
    expect(whole?.tools[0]?.inputSchema).toEqual(shown(`a ${'b'.repeat(500)}`));
  });

  it('more than three fit → the later ones in outline, without prose', async () => {
    const inputSchema: JsonObject = {
      type: 'object',
      properties: { path: { type: 'string', description: 'Where it lies' } },
    };
    const ids = ['s/a', 's/b', 's/c', 's/d'];
    const { findTools } = metaTools(
      ids.map((id) => tool(id, { inputSchema })),
      { x: { hits: ids.map((id) => hit(id, 0.9)), confidence: 0.4 } },
    );
    const [answer] = await findTools(TENANT, [{ server: null, tool: 'x' }]);
    const schemas = answer?.tools.map((found) => JSON.stringify(found.inputSchema)) ?? [];
    expect(schemas.map((schema) => schema.includes('Where it lies'))).toEqual([
      ...[true, true, true, false],
    ]);
    expect(schemas[3]).toContain('"path":{"type":"string"}');
    expect(answer?.note).toContain('Ask for a tool by its id alone');
  });

  it.each([
    ['is disabled', 's/off', {}],
    ['is of another server than asked for', 's/on', { servers: ['t' as ServerName] }],
    ['is not there', 's/none', {}],
  ])('the id of a tool that %s → searched for like any words', async (_what, id, only) => {
    const { findTools, queries } = metaTools([tool('s/off', { enabled: false }), tool('s/on')], {});
    const [answer] = await findTools(TENANT, [{ server: null, tool: id }], only);
    expect(queries).toHaveLength(1);
    expect(answer).toMatchObject({ fits: false, tools: [] });
  });
});

describe('call_tool', () => {
  it('a model name → the call is of the inner tool, for the tenant, under the given key', async () => {
    const { callTool, calls } = metaTools([tool('git/commit')], {});
    const call = { tool: 'git_commit', args: { message: 'x' }, idempotencyKey: 'k' };
    await callTool(TENANT, call, { signal: new AbortController().signal, attempt: 1 });
    expect(calls).toMatchObject([
      { tenant: TENANT, tool: 'git/commit', args: { message: 'x' }, idempotencyKey: 'k' },
    ]);
  });

  it('an id, or a name that nobody has → passed on, for the caller to refuse by its own rules', async () => {
    const { callTool, calls } = metaTools([tool('git/commit')], {});
    const context = { signal: new AbortController().signal, attempt: 1 };
    for (const name of ['git/commit', 'git/nothing']) {
      await callTool(TENANT, { tool: name, args: {}, idempotencyKey: 'k' }, context);
    }
    expect(calls.map((call) => call.tool)).toEqual(['git/commit', 'git/nothing']);
  });
});
