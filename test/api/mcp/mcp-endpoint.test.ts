// Proves that /mcp serves outside clients in both protocol eras: the SDK's own client and bare HTTP
// against a listening API on real Temporal and real workflows; tools and planner are stand-ins.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { ApplicationFailure } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CheckPlanInput } from '../../../activities/check-plan.ts';
import type { Activities } from '../../../activities/index.ts';
import type { ApiDeps } from '../../../api/api-deps.ts';
import { createServer } from '../../../api/server.ts';
import type { OstinatoConnection } from '../../../client/index.ts';
import { NO_USAGE } from '../../../common/add-usage.ts';
import type { PlanGoalInput } from '../../../common/agent.ts';
import { FAILURE } from '../../../common/failures.ts';
import type { CallToolInput, ToolResult } from '../../../common/tool.ts';
import { ServiceError } from '../../../services/errors.ts';
import type { TemporalServer } from '../../../workers/temporal-server.ts';
import { step, textResult } from '../../support/plans.ts';
import type { RunningWorkers } from '../../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../../support/temporal.ts';
import { waitFor } from '../../support/wait-for.ts';
import { fakeServices } from '../support/fake-services.ts';

const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
let server: FastifyInstance;
let url: string;
const clients: Client[] = [];
/** While closed, steps named `wait` do not answer. */
let gate = Promise.withResolvers<void>();

const activities = {
  callTool: async (input: CallToolInput) => {
    if (input.idempotencyKey.includes('/wait/')) await gate.promise;
    if (input.args['fail'] === true) throw ApplicationFailure.nonRetryable('No.', 'Tool.NotFound');
    return textResult(`did ${input.tool}`);
  },
  checkPlan: async (input: CheckPlanInput) => ({
    steps: input.plan.steps.map(({ id, args }) =>
      step(id, {
        args: args === undefined ? {} : { fail: { kind: 'literal', value: args['fail'] ?? false } },
      }),
    ),
  }),
  planGoal: async (input: PlanGoalInput) => ({
    planner: { kind: 'offline', provider: null, model: null },
    conversation: input.conversation,
    usage: NO_USAGE,
    toolsConsidered: [],
    kind: 'answer',
    answer: `reached: ${input.goal}`,
  }),
} satisfies Activities;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
});

beforeEach(async () => {
  gate = Promise.withResolvers();
  await listen();
});

afterEach(async () => {
  gate.resolve();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.close();
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

async function listen(given: Partial<ApiDeps> = {}): Promise<ReturnType<typeof fakeServices>> {
  await server?.close();
  const services = fakeServices({ connection: ostinato, ...given });
  server = createServer(services);
  url = `${await server.listen({ host: '127.0.0.1', port: 0 })}/mcp`;
  return services;
}

async function connect(era: string, headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: era === LEGACY ? 'legacy' : { pin: era } } },
  );
  clients.push(client);
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  await client.connect(transport);
  return client;
}

interface Reply {
  readonly status: number;
  readonly result: Record<string, unknown>;
  readonly error: { readonly code: number; readonly message: string; readonly data: unknown };
}

/** A request of the newer era as it goes over the wire. */
async function ask(
  method: string,
  params: Record<string, unknown>,
  { tasks = true, name = '' } = {},
): Promise<Reply> {
  const clientCapabilities = tasks ? { extensions: { 'io.modelcontextprotocol/tasks': {} } } : {};
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': MODERN,
      'mcp-method': method,
      ...(name === '' ? {} : { 'mcp-name': name }),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': MODERN,
          'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': clientCapabilities,
        },
      },
    }),
  });
  return { status: response.status, ...((await response.json()) as Omit<Reply, 'status'>) };
}

const askTask = (method: string, taskId: string, more: object = {}): Promise<Reply> =>
  ask(method, { taskId, ...more }, { name: taskId });

const startTask = async (id: string, args: object = {}): Promise<Reply> =>
  ask(
    'tools/call',
    { name: 'run_plan', arguments: { plan: { steps: [{ id, tool: 'fake/tool', args }] } } },
    { name: 'run_plan' },
  );

const settled = (taskId: string): Promise<Reply> =>
  waitFor('the end of the task', async () => {
    const answer = await askTask('tasks/get', taskId);
    return answer.result['status'] === 'working' ? null : answer;
  });

describe.each([LEGACY, MODERN])('an SDK client of %s', (era) => {
  it('lists the tools → the same seven, whatever is registered', async () => {
    const { tools } = await (await connect(era)).listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'find_tools',
      'call_tool',
      'run_agent',
      'run_plan',
      'get_run',
      'cancel_run',
      'read_artifact',
    ]);
  });

  it('finds two things at once → an answer to each, with slimmed schemas', async () => {
    const client = await connect(era);
    const { structuredContent, content } = await client.callTool({
      name: 'find_tools',
      arguments: { requests: [{ server: 'files', tool: 'read a file' }, { tool: 'read' }] },
    });
    const { answers } = structuredContent as { answers: { fits: boolean; tools: object[] }[] };
    expect(answers).toHaveLength(2);
    expect(answers[0]).toMatchObject({
      request: { server: 'files', tool: 'read a file' },
      fits: true,
      tools: [{ id: 'files/read', server: 'files', inputSchema: { type: 'object' }, score: 0.5 }],
    });
    expect(JSON.parse((content[0] as { text: string }).text)).toEqual(structuredContent);
  });

  it('calls a tool → the inner tool is called, and its answer keeps its kinds', async () => {
    const artifact = { artifactId: 'a1', mediaType: 'image/png', bytes: 25, sha256: '' };
    const answer: ToolResult = {
      isError: false,
      content: [
        { kind: 'text', text: 'a picture' },
        { kind: 'image', mediaType: 'image/png', artifact },
        { kind: 'resource-link', uri: 'file:///a', name: 'a' },
      ],
      structured: { width: 1 },
      artifact: null,
    };
    const calls: CallToolInput[] = [];
    await listen({
      tools: {
        async call(input, { onProgress }) {
          calls.push(input);
          onProgress?.({ progress: 1, total: 2, message: 'half' });
          return answer;
        },
      },
    });
    const progress: unknown[] = [];
    const client = await connect(era);
    const result = await client.callTool(
      {
        name: 'call_tool',
        arguments: { tool: 'files_read', args: { path: 'x' }, idempotencyKey: 'k1' },
      },
      { onprogress: (update) => progress.push(update) },
    );
    expect(calls).toMatchObject([
      {
        tool: 'files/read',
        args: { path: 'x' },
        tenant: { tenantId: 'default', actor: 'api' },
        idempotencyKey: 'api:default:k1',
      },
    ]);
    expect(result.content).toEqual([
      { type: 'text', text: 'a picture' },
      {
        type: 'image',
        mimeType: 'image/png',
        data: Buffer.from('<script>alert(1)</script>').toString('base64'),
      },
      { type: 'resource_link', uri: 'file:///a', name: 'a' },
    ]);
    expect(result.structuredContent).toEqual({ width: 1 });
    expect(progress).toEqual([{ progress: 1, total: 2, message: 'half' }]);
  });

  it('a long answer that may be cut → its beginning, and read_artifact reads the rest as the tenant', async () => {
    const rows = Array.from({ length: 5_000 }, (_, at) => `row ${at}`).join('\n');
    const held = { content: [{ kind: 'text', text: rows }], structured: null };
    const body = new TextEncoder().encode(JSON.stringify(held));
    const artifact = {
      artifactId: 'a2',
      mediaType: 'application/json',
      bytes: body.length,
      sha256: '',
    };
    const readBy: string[] = [];
    await listen({
      tools: {
        call: async () => ({ isError: false, content: [], structured: null, artifact }),
      },
      artifacts: {
        async get(tenantId, artifactId) {
          readBy.push(tenantId);
          if (artifactId !== 'a2') throw new ServiceError(FAILURE.notFound, 'There is none.');
          return { ref: artifact, body };
        },
      },
    });
    const client = await connect(era);
    const tool = { name: 'call_tool', arguments: { tool: 'files/read', maxChars: 1_000 } };
    const cut = JSON.stringify((await client.callTool(tool)).content);
    expect(cut).toContain('row 100');
    expect(cut).not.toContain('row 200');
    expect(cut).toMatch(/read_artifact with artifactId .{0,2}a2/);
    const read = async (args: object) =>
      client.callTool({ name: 'read_artifact', arguments: { artifactId: 'a2', ...args } });
    expect((await read({ find: 'row 4321' })).structuredContent).toMatchObject({
      totalChars: rows.length,
      text: null,
      matches: [{ offset: rows.indexOf('row 4321') }],
    });
    expect((await read({ offset: 10, limit: 20 })).structuredContent).toEqual({
      ...{ artifactId: 'a2', totalChars: rows.length, matches: null },
      ...{ text: rows.slice(10, 30), offset: 10, nextOffset: 30 },
    });
    expect(await read({ path: 'nope' })).toMatchObject({ isError: true });
    expect(await read({ artifactId: 'other' })).toMatchObject({
      isError: true,
      content: [{ text: 'NotFound: There is none.' }],
    });
    expect(new Set(readBy)).toEqual(new Set(['default']));
    const whole = await client.callTool({ ...tool, arguments: { tool: 'files/read' } });
    expect(JSON.stringify(whole.content)).toContain('row 4999');
  });

  it('a tool that is refused → an error result that says why, not a broken request', async () => {
    await listen({
      tools: {
        async call() {
          throw new ServiceError(FAILURE.toolNotFound, 'There is no tool "x/y".');
        },
      },
    });
    const client = await connect(era);
    const result = await client.callTool({ name: 'call_tool', arguments: { tool: 'x/y' } });
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: 'Tool.NotFound: There is no tool "x/y".' }],
    });
  });

  it('wrong arguments → an error result that names the field', async () => {
    const client = await connect(era);
    const result = await client.callTool({ name: 'run_agent', arguments: { gaol: 'x' } });
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result.content)).toMatch(/goal is missing.*gaol/);
  });

  it('a tool that is not there → -32602, naming the nearest', async () => {
    const client = await connect(era);
    await expect(client.callTool({ name: 'find_tool' })).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringContaining('"find_tools"') as string,
    });
  });

  it('an agent run that ends in time → its answer, with progress on the way', async () => {
    const progress: { readonly progress: number }[] = [];
    const client = await connect(era);
    const result = await client.callTool(
      { name: 'run_agent', arguments: { goal: 'say hello' } },
      { onprogress: (update) => progress.push(update) },
    );
    expect(result.structuredContent).toMatchObject({
      kind: 'agent',
      status: 'completed',
      outcome: 'answered',
      answer: 'reached: say hello',
      next: null,
    });
    expect(result.isError ?? false).toBe(false);
    expect(progress.length).toBeGreaterThan(0);
  });

  it('a run that takes longer → its id; get_run waits for it, with every value', async () => {
    const client = await connect(era);
    const started = await client.callTool({
      name: 'run_plan',
      arguments: { plan: { steps: [{ id: 'wait', tool: 'fake/tool' }] }, waitMs: 300 },
    });
    const { runId, status, next } = started.structuredContent as Record<string, string>;
    expect(status).toBe('running');
    expect(next).toContain('get_run');
    gate.resolve();
    const ended = await client.callTool({ name: 'get_run', arguments: { runId, waitMs: 20_000 } });
    expect(ended.structuredContent).toMatchObject({
      runId,
      status: 'completed',
      outcome: 'completed',
      steps: [{ id: 'wait', state: 'done' }],
      results: { wait: 'did fake/tool' },
    });
  });

  it('cancel_run → the run ends as cancelled; once more → not accepted, and no error', async () => {
    const client = await connect(era);
    const started = await client.callTool({
      name: 'run_plan',
      arguments: { plan: { steps: [{ id: 'wait', tool: 'fake/tool' }] }, waitMs: 0 },
    });
    const { runId } = started.structuredContent as { runId: string };
    const cancel = { name: 'cancel_run', arguments: { runId, reason: 'not needed' } };
    expect((await client.callTool(cancel)).structuredContent).toEqual({ runId, accepted: true });
    gate.resolve();
    const ended = await client.callTool({ name: 'get_run', arguments: { runId, waitMs: 20_000 } });
    expect(ended.structuredContent).toMatchObject({ outcome: 'cancelled', reason: 'not needed' });
    expect((await client.callTool(cancel)).structuredContent).toEqual({ runId, accepted: false });
  });

  it('a run that nobody started → an error result', async () => {
    const client = await connect(era);
    const result = await client.callTool({ name: 'get_run', arguments: { runId: 'nope' } });
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result.content)).toContain('There is no run nope');
  });
});

describe('tasks', () => {
  it('a client that takes tasks → a task at once, whose id is the run; then its result', async () => {
    const created = await startTask('wait');
    expect(created.result).toMatchObject({ resultType: 'task', status: 'working' });
    const { taskId } = created.result as { taskId: string };
    const working = await askTask('tasks/get', taskId);
    expect(working.result).toMatchObject({ resultType: 'complete', taskId, status: 'working' });
    gate.resolve();
    const { result } = await settled(taskId);
    expect(result).toMatchObject({
      status: 'completed',
      result: { structuredContent: { runId: taskId, results: { wait: 'did fake/tool' } } },
    });
  });

  it('the API restarts while a task works → the task is still there, and ends', async () => {
    const { taskId } = (await startTask('wait')).result as { taskId: string };
    await listen();
    expect((await askTask('tasks/get', taskId)).result).toMatchObject({ status: 'working' });
    gate.resolve();
    expect((await settled(taskId)).result).toMatchObject({ status: 'completed' });
  });

  it('a step that fails → a completed task whose result is an error', async () => {
    const { taskId } = (await startTask('bad', { fail: true })).result as { taskId: string };
    expect((await settled(taskId)).result).toMatchObject({
      status: 'completed',
      result: { isError: true, structuredContent: { outcome: 'failed' } },
    });
  });

  it('a run that is terminated → a failed task with an error', async () => {
    const { taskId } = (await startTask('wait')).result as { taskId: string };
    await ostinato.temporal.workflow.getHandle(`t:default:run:${taskId}`).terminate('by a test');
    expect((await settled(taskId)).result).toMatchObject({
      status: 'failed',
      error: { code: -32_603, message: expect.any(String) as string },
    });
  });

  it('tasks/cancel → acknowledged empty, the task becomes cancelled, and again is no error', async () => {
    const { taskId } = (await startTask('wait')).result as { taskId: string };
    const acked = await askTask('tasks/cancel', taskId);
    expect(acked.error).toBeUndefined();
    expect(Object.keys(acked.result).sort()).toEqual(['_meta', 'resultType']);
    gate.resolve();
    expect((await settled(taskId)).result).toMatchObject({ status: 'cancelled' });
    expect((await askTask('tasks/cancel', taskId)).error).toBeUndefined();
  });

  it('a task that is not there → -32602 for get, update and cancel', async () => {
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      const answer = await askTask(method, 'nope', { inputResponses: {} });
      expect(answer.error).toMatchObject({ code: -32_602 });
    }
  });

  it('a client that does not take tasks → -32021 that names the extension; runs wait instead', async () => {
    const refused = await ask('tasks/get', { taskId: 'x' }, { tasks: false, name: 'x' });
    expect(refused.error).toMatchObject({
      code: -32_021,
      data: { requiredCapabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } } },
    });
    const run = await ask(
      'tools/call',
      { name: 'run_agent', arguments: { goal: 'x' } },
      { tasks: false, name: 'run_agent' },
    );
    expect(run.result).toMatchObject({ resultType: 'complete', structuredContent: {} });
  });
});

describe('who may ask', () => {
  it('no key, or a wrong one → 401; the key → served', async () => {
    await listen({ config: { host: '127.0.0.1', port: 0, apiKey: 'secret' } });
    expect((await ask('tools/list', {})).status).toBe(401);
    const client = await connect(LEGACY, { authorization: 'Bearer secret' });
    expect((await client.listTools()).tools).toHaveLength(7);
  });

  it('a web page of another site, or another Host → 403', async () => {
    const post = (headers: Record<string, string>): Promise<Response> =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{}',
      });
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
    const rebound = await server.inject({
      method: 'POST',
      url: '/mcp',
      headers: { host: 'evil.example', 'content-type': 'application/json' },
      payload: '{}',
    });
    expect(rebound.statusCode).toBe(403);
  });

  it('a body that is no JSON → a JSON-RPC parse error', async () => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"jsonrpc":',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32_700 } });
  });

  it('an error that nobody foresaw → -32603 without its details', async () => {
    await listen({
      tools: {
        async call() {
          throw new TypeError('secret detail');
        },
      },
    });
    const client = await connect(LEGACY);
    const refused = client.callTool({ name: 'call_tool', arguments: { tool: 'files/read' } });
    await expect(refused).rejects.toMatchObject({ code: -32_603 });
    await expect(refused).rejects.not.toThrow(/secret detail/);
  });

  it('the server closes while a run is waited for → answered at once, and the run goes on', async () => {
    const client = await connect(LEGACY);
    const waiting = client.callTool({
      name: 'run_plan',
      arguments: { plan: { steps: [{ id: 'wait', tool: 'fake/tool' }] }, runId: 'closing' },
    });
    await waitFor('the run', () =>
      ostinato.temporal.workflow
        .getHandle('t:default:run:closing')
        .describe()
        .then(
          () => true,
          () => false,
        ),
    );
    await server.close();
    expect((await waiting).structuredContent).toMatchObject({
      runId: 'closing',
      status: 'running',
    });
  });
});
