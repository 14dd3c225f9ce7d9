// Proves that `ostinato mcp` serves the running engine over standard input and output in both
// protocol eras, and ends with its client: the real command as a process, the SDK's client, a
// listening API, real Temporal and workflows; tools and planner are stand-ins.
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../../../api/server.ts';
import type { OstinatoConnection } from '../../../../client/index.ts';
import { MCP_TOOLS } from '../../../../client/mcp/mcp-tools.ts';
import type { CallToolInput } from '../../../../common/tool.ts';
import type { TemporalServer } from '../../../../workers/temporal-server.ts';
import { fakeServices } from '../../../api/support/fake-services.ts';
import { plan, step, textResult } from '../../../support/plans.ts';
import type { RunningWorkers } from '../../../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../../../support/temporal.ts';
import { waitFor } from '../../../support/wait-for.ts';

const COMMAND = join(import.meta.dirname, '../../../../client/cli/main.ts');
const API_KEY = 'a-key';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
let server: FastifyInstance;
let apiUrl: string;
const calls: CallToolInput[] = [];
const clients: Client[] = [];

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, {
    callTool: async () => textResult('done'),
    checkPlan: async () => plan(step('a')),
    planGoal: async () => {
      throw new Error('not used here');
    },
  });
  ostinato = await connectTo(temporal.address);
  server = createServer(
    fakeServices({
      connection: ostinato,
      config: { host: '127.0.0.1', port: 0, apiKey: API_KEY },
      tools: {
        async call(input) {
          calls.push(input);
          const artifact = { artifactId: 'a1', mediaType: 'image/png', bytes: 25, sha256: '' };
          return {
            isError: false,
            content: [{ kind: 'image', mediaType: 'image/png', artifact }],
            structured: null,
            artifact: null,
          };
        },
      },
    }),
  );
  apiUrl = await server.listen({ host: '127.0.0.1', port: 0 });
});

afterEach(async () => {
  calls.length = 0;
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

afterAll(async () => {
  await server?.close();
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

async function start(mode: 'legacy' | 'modern', api = apiUrl) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [COMMAND, 'mcp', '--api', api, '--temporal', temporal.address],
    env: { OSTINATO_API_KEY: API_KEY },
    stderr: 'pipe',
  });
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: mode === 'legacy' ? 'legacy' : { pin: '2026-07-28' } } },
  );
  clients.push(client);
  await client.connect(transport);
  return { client, transport };
}

describe.each(['legacy', 'modern'] as const)('a %s client', (mode) => {
  it('lists, finds, calls and runs → what /mcp of the API answers', async () => {
    const { client } = await start(mode);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(
      MCP_TOOLS.map(({ name }) => name),
    );
    const found = await client.callTool({
      name: 'find_tools',
      arguments: { requests: [{ tool: 'read a file' }] },
    });
    expect(found.isError ?? false, JSON.stringify(found.content)).toBe(false);
    expect(found.structuredContent).toMatchObject({
      answers: [{ fits: true, tools: [{ id: 'files/read' }] }],
    });
    const called = await client.callTool({
      name: 'call_tool',
      arguments: { tool: 'files/read', args: { path: 'x' }, idempotencyKey: 'k1' },
    });
    expect(called.content).toEqual([
      {
        type: 'image',
        mimeType: 'image/png',
        data: Buffer.from('<script>alert(1)</script>').toString('base64'),
      },
    ]);
    expect(calls).toMatchObject([
      { tool: 'files/read', args: { path: 'x' }, idempotencyKey: 'api:default:k1' },
    ]);
    const run = await client.callTool({
      name: 'run_plan',
      arguments: { plan: { steps: [{ id: 'a', tool: 'fake/tool' }] } },
    });
    expect(run.structuredContent).toMatchObject({
      status: 'completed',
      outcome: 'completed',
      results: { a: 'done' },
    });
  });

  it('the client hangs up → the process ends by itself', async () => {
    const { client, transport } = await start(mode);
    const { pid } = transport;
    await client.close();
    await waitFor('the end of the process', () => {
      try {
        process.kill(pid ?? 0, 0);
        return false;
      } catch {
        return true;
      }
    });
    expect(pid).toBeTypeOf('number');
  });
});

describe('an API that does not answer', () => {
  it('call_tool → an error result that says so; the server stays', async () => {
    const { client } = await start('legacy', 'http://127.0.0.1:1');
    const called = await client.callTool({ name: 'call_tool', arguments: { tool: 'files/read' } });
    expect(called).toMatchObject({ isError: true });
    expect(JSON.stringify(called.content)).toContain('The API does not answer');
    expect((await client.listTools()).tools).toHaveLength(MCP_TOOLS.length);
  });
});
