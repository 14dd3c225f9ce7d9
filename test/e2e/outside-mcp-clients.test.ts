// Proves that Ostinato serves MCP clients that are not ours: the official SDKs in processes of their
// own (test/support/outside-mcp-client.ts), in both protocol eras, over Streamable HTTP and over stdio,
// against the real thing: API, workers, a real MCP server that keeps a journal, real Temporal. And that
// a task outlives kill -9 of client, server and worker, for whoever comes next.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import type { OutsideClient } from '../support/outside-client.ts';
import { startOutsideClient } from '../support/outside-client.ts';
import type { StandaloneProcess } from '../support/standalone.ts';
import { startStandaloneProcess } from '../support/standalone.ts';
import { startTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

type Era = 'legacy' | 'modern';
type Way = 'http' | 'stdio';

interface Answer {
  readonly result: {
    readonly isError?: boolean;
    readonly content: readonly { readonly text: string }[];
    readonly structuredContent: Record<string, unknown>;
  };
  readonly progress: readonly object[];
}

interface Task {
  readonly taskId: string;
  readonly status: string;
  readonly statusMessage?: string;
}

const COMMAND = join(import.meta.dirname, '../../client/cli/ostinato.mjs');
const SERVER = join(import.meta.dirname, '../support/work-server.mjs');
const API_KEY = 'a-key-of-some-length';
const CASES = [
  ['legacy', 'http'],
  ['legacy', 'stdio'],
  ['modern', 'http'],
  ['modern', 'stdio'],
] as const satisfies readonly (readonly [Era, Way])[];

let dir: string;
let journal: string;
let temporal: TemporalServer;
let ostinato: StandaloneProcess;

async function start(): Promise<void> {
  ostinato = await startStandaloneProcess({
    dataDir: join(dir, 'data'),
    serversFile: join(dir, 'servers.json'),
    temporalAddress: temporal.address,
    env: { OSTINATO_API_KEY: API_KEY },
  });
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-outside-'));
  journal = join(dir, 'journal.log');
  await writeFile(journal, '');
  const effects = { look_up: 'read', do_work: 'keyed' };
  const work = { command: process.execPath, args: [SERVER, journal], effects };
  await writeFile(join(dir, 'servers.json'), JSON.stringify({ mcpServers: { work } }));
  temporal = await startTemporal();
  await start();
});

afterAll(async () => {
  await ostinato?.stop();
  await temporal?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function connect(era: Era, way: Way): Promise<OutsideClient> {
  const { apiUrl } = ostinato;
  const stdioArgs = ['mcp', '--api', apiUrl, '--temporal', temporal.address];
  return startOutsideClient(
    era,
    way === 'http'
      ? { url: `${apiUrl}/mcp`, headers: { authorization: `Bearer ${API_KEY}` } }
      : {
          command: process.execPath,
          args: [COMMAND, ...stdioArgs],
          env: { PATH: process.env['PATH'] ?? '', OSTINATO_API_KEY: API_KEY },
        },
  );
}

const call = (client: OutsideClient, name: string, args: object): Promise<Answer> =>
  client.ask('call', { name, arguments: args });

/** What really happened, in order. */
async function journalled(name: string): Promise<readonly string[]> {
  const lines = (await readFile(journal, 'utf8')).split('\n');
  return lines.filter((line) => line.endsWith(` ${name}`));
}

async function api(method: string, path: string, body?: object): Promise<Response> {
  const answer = await fetch(`${ostinato.apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

const work = (id: string, name: string, more: object = {}) => ({
  ...{ id, tool: 'work/do_work', args: { name } },
  ...more,
});

describe.each(CASES)('an SDK client, %s over %s', (era, way) => {
  const unique = `${era}-${way}`;
  let client: OutsideClient;

  beforeAll(async () => {
    client = await connect(era, way);
  });
  afterAll(() => client?.close());

  it('lists the tools, another server comes, another client lists them → the same bytes', async () => {
    const first = JSON.stringify(await client.ask('list'));
    const transport = { kind: 'stdio', command: process.execPath, args: [SERVER] };
    await api('PUT', `/v1/servers/more-${unique}`, { transport });
    const other = await connect(era, way);
    expect(JSON.stringify(await other.ask('list'))).toBe(first);
    await other.close();
    const only = { servers: [`more-${unique}`] };
    const requests = [{ tool: 'look something up' }];
    const { result } = await call(client, 'find_tools', { requests, only });
    expect(JSON.stringify(result.structuredContent)).toContain(`more-${unique}/look_up`);
    await api('DELETE', `/v1/servers/more-${unique}`);
  });

  it('finds two things at once and calls what it found → the inner tool, once for one key', async () => {
    const { result } = await call(client, 'find_tools', {
      requests: [
        { tool: 'look something up', server: 'journal' },
        { tool: 'do a piece of work that must not be done twice' },
      ],
    });
    const { answers } = result.structuredContent as {
      answers: { fits: boolean; tools: { id: string }[] }[];
    };
    expect(answers.map(({ tools }) => tools[0]?.id)).toEqual(['work/look_up', 'work/do_work']);
    const name = `called-${unique}`;
    const inner = { tool: 'work/do_work', args: { name }, idempotencyKey: name };
    const [once, again] = [
      await call(client, 'call_tool', inner),
      await call(client, 'call_tool', inner),
    ];
    expect(once.result.structuredContent).toEqual({ name });
    expect(again.result.structuredContent).toEqual({ name });
    expect(await journalled(name)).toEqual([`begin ${name}`, `end ${name}`]);
  });

  it('asks for what is not there, or wrongly → errors of their kinds, with the nearest name', async () => {
    await expect(call(client, 'find_tool', {})).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringContaining('"find_tools"') as string,
    });
    const missing = await call(client, 'call_tool', { tool: 'work/do_wrok', args: {} });
    expect(missing.result).toMatchObject({ isError: true });
    expect(missing.result.content[0]?.text).toMatch(/Tool\.NotFound|no tool.*work\/do_work/s);
    expect(missing.result.content[0]?.text).toContain('work/do_work');
    const wrong = await call(client, 'call_tool', { tool: 'work/do_work', args: { nom: 'x' } });
    expect(wrong.result.isError).toBe(true);
    expect(wrong.result.content[0]?.text).toMatch(/name/);
    const plan = { steps: [{ id: 'a', tool: 'work/nothing_like_it', args: {} }] };
    const refused = await call(client, 'run_plan', { plan });
    expect(JSON.stringify(refused.result)).toContain('work/nothing_like_it');
    expect(refused.result.isError).toBe(true);
    await expect(client.ask('getTask', 'nobody-started-it')).rejects.toMatchObject({
      code: -32_602,
    });
  });

  it('runs a plan, and an agent that plans offline → the results of both', async () => {
    const [a, b] = [`a-${unique}`, `b-${unique}`];
    const plan = { steps: [work('a', a), work('b', b, { args: { name: '${a.name}-then' } })] };
    const { result, progress } = await call(client, 'run_plan', { plan });
    expect(result.structuredContent).toMatchObject({
      status: 'completed',
      outcome: 'completed',
      results: { a: { name: a }, b: { name: `${a}-then` } },
    });
    expect(progress.length).toBeGreaterThan(0);
    const name = `agent-${unique}`;
    const goal = `Look up "${name}" with work/look_up`;
    const agent = await call(client, 'run_agent', { goal });
    expect(agent.result.structuredContent).toMatchObject({ kind: 'agent', status: 'completed' });
    expect(await journalled(name), JSON.stringify(agent.result)).toContain(`begin ${name}`);
  });

  it('starts a task → it tells how far it is, and is cancelled with its tool', async () => {
    const name = `long-${unique}`;
    const { taskId } = await client.ask<Task>('startTask', {
      name: 'run_plan',
      arguments: { plan: { steps: [work('a', name, { args: { name, ms: 120_000 } })] } },
    });
    await waitFor('the tool to be at work', async () => (await journalled(name)).length === 1);
    const working = await client.ask<Task>('getTask', taskId);
    expect(working).toMatchObject({ status: 'working' });
    expect(working.statusMessage).toContain('0 of 1 steps done');
    await client.ask('cancelTask', taskId);
    const ended = await waitFor('the end of the task', async () => {
      const task = await client.ask<Task>('getTask', taskId);
      return task.status === 'working' ? null : task;
    });
    expect(ended.status).toBe('cancelled');
    expect(await journalled(name)).toEqual([`begin ${name}`]);
  });
});

describe('the inner tool', () => {
  it('taken out by its breaker, disabled, or to be approved → call_tool says so and does not call', async () => {
    const client = await connect('modern', 'http');
    const inner = { tool: 'work/look_up', args: { name: 'guarded' } };
    const refusal = async (): Promise<string> => {
      const { result } = await call(client, 'call_tool', inner);
      expect(result.isError).toBe(true);
      return result.content[0]?.text ?? '';
    };
    await api('POST', '/v1/breakers/mcp/work/isolate', { reason: 'a test' });
    expect(await refusal()).toMatch(/CircuitOpen: The breaker of mcp work/);
    await api('POST', '/v1/breakers/mcp/work/release');
    await api('PATCH', '/v1/tools/work/look_up', { enabled: false });
    await waitFor('the tool to be refused', async () => /Tool\.Disabled/.test(await refusal()));
    await api('PATCH', '/v1/tools/work/look_up', { enabled: true });
    const kind = 'needs-approval';
    const rule = { name: 'watched', kind, tool: 'work/look_up', reason: 'it is watched' };
    await api('PUT', '/v1/rules/watched', rule);
    expect(await refusal()).toMatch(/Denied: "work\/look_up" was not called.*it is watched/);
    await api('DELETE', '/v1/rules/watched');
    expect(await journalled('guarded')).toEqual([]);
    const metrics = await (await api('GET', '/metrics')).text();
    expect(metrics).toMatch(
      /ostinato_tool_call_duration_seconds_count\{[^}]*server="work"[^}]*outcome="Tool\.Disabled"/,
    );
    expect(metrics).not.toContain('call_tool');
    await client.close();
  });
});

describe('kill -9 of all clients, of their server and of the worker', () => {
  it('a task of each → goes on when they are back; the same client and one of the other era read it', async () => {
    const started = await Promise.all(
      CASES.map(async ([era, way]) => {
        const client = await connect(era, way);
        const name = (step: string): string => `${step}-killed-${era}-${way}`;
        const b = { id: 'b', tool: 'work/look_up', args: { name: name('b'), ms: 2_000 } };
        const steps = [
          work('a', name('a')),
          { ...b, after: ['a'] },
          work('c', name('c'), { after: ['b'] }),
        ];
        const { taskId } = await client.ask<Task>('startTask', {
          name: 'run_plan',
          arguments: { plan: { steps } },
        });
        await waitFor('the second step', async () => (await journalled(name('b'))).length > 0);
        return { era, way, taskId, name, client };
      }),
    );
    await Promise.all(started.map(({ client }) => client.kill()));
    await ostinato.kill();
    await start();
    for (const { era, way, taskId, name } of started) {
      const same = await connect(era, way);
      const result = await same.ask<Answer['result']>('taskResult', taskId);
      expect(result.structuredContent).toMatchObject({
        runId: taskId,
        outcome: 'completed',
        results: { a: { name: name('a') }, c: { name: name('c') } },
      });
      const other = await connect(era === 'legacy' ? 'modern' : 'legacy', way);
      const task = await other.ask<Task>('getTask', taskId);
      expect(task).toMatchObject({ taskId, status: 'completed' });
      for (const step of ['a', 'c']) {
        const [begin, end] = [`begin ${name(step)}`, `end ${name(step)}`];
        expect(await journalled(name(step))).toEqual([begin, end]);
      }
      await Promise.all([same.close(), other.close()]);
    }
  }, 300_000);
});
