// Proves that runs are tasks as the official suite wants them, on real Temporal. The suite starts its
// tasks by fixture tools; a proxy between it and /mcp turns `greet` into call_tool and the slow ones
// into run_plan, and passes everything else on as it is. What our server never does is in
// mcp-server-tasks-baseline.yaml, with reasons.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckPlanInput } from '../../activities/check-plan.ts';
import { createServer } from '../../api/server.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import type { JsonObject } from '../../common/json.ts';
import type { CallToolInput, ToolId } from '../../common/tool.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { fakeServices } from '../api/support/fake-services.ts';
import { step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';

const SUITE = join(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/conformance/dist/index.js',
);
const BASELINE = join(import.meta.dirname, 'mcp-server-tasks-baseline.yaml');

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
let api: FastifyInstance;
let proxy: Server;
let folder: string;

async function callTool({ tool, args }: CallToolInput) {
  if (tool.endsWith('/failing_job')) throw ApplicationFailure.nonRetryable('It failed.', 'Denied');
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  try {
    await context.sleep(Number(args['seconds'] ?? 0) * 1_000);
  } finally {
    clearInterval(beat);
  }
  return textResult('computed');
}

const checkPlan = async ({ plan }: CheckPlanInput) => ({
  steps: plan.steps.map(({ id, tool, args }) =>
    step(id, {
      tool: tool as ToolId,
      args: Object.fromEntries(
        Object.entries(args ?? {}).map(([name, value]) => [name, { kind: 'literal', value }]),
      ),
      timeoutMs: 90_000,
    }),
  ),
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostinato-conformance-'));
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, {
    callTool,
    checkPlan,
    planGoal: async () => {
      throw new Error('not used here');
    },
  });
  ostinato = await connectTo(temporal.address);
  api = createServer(
    fakeServices({
      connection: ostinato,
      tools: { call: async ({ args }) => textResult(`Hello, ${String(args['name'])}!`) },
    }),
  );
  const url = `${await api.listen({ host: '127.0.0.1', port: 0 })}/mcp`;
  proxy = createHttpServer((request, response) => {
    forward(url, request).then(
      async (answer) => {
        response.writeHead(answer.status, {
          'content-type': answer.headers.get('content-type') ?? 'application/json',
        });
        response.end(await answer.text());
      },
      (error: unknown) => response.writeHead(502).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  proxy?.closeAllConnections();
  proxy?.close();
  await api?.close();
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Request {
  readonly method: string;
  readonly params?: { readonly name?: string; readonly arguments?: JsonObject };
}

async function forward(url: string, request: IncomingMessage): Promise<Response> {
  const body = JSON.parse(await text(request)) as Request;
  const { name = '', arguments: args = {} } = body.params ?? {};
  const headers = new Headers();
  for (const [key, value] of Object.entries(request.headers)) {
    if (/^(?:mcp-|accept$|content-type$)/.test(key)) headers.set(key, String(value));
  }
  const ours = body.method === 'tools/call' ? toOurTool(name, args) : null;
  if (ours !== null && headers.get('mcp-name') === name) headers.set('mcp-name', ours.name);
  const sent = ours === null ? body : { ...body, params: { ...body.params, ...ours } };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(sent) });
}

function toOurTool(name: string, args: JsonObject): { name: string; arguments: object } | null {
  const tool = `fixture/${name}`;
  if (name === 'greet') return { name: 'call_tool', arguments: { tool, args } };
  if (name !== 'slow_compute' && name !== 'failing_job') return null;
  return { name: 'run_plan', arguments: { plan: { steps: [{ id: 'fixture', tool, args }] } } };
}

function runScenario(
  scenario: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const { port } = proxy.address() as AddressInfo;
  const args = [SUITE, 'server', '--url', `http://127.0.0.1:${port}/mcp`];
  const options = ['--spec-version', '2026-07-28', '--force', '--scenario', scenario];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...args, ...options, '--expected-failures', BASELINE],
      { cwd: folder, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    );
  });
}

describe('the official suite', () => {
  it.each([
    'tasks-lifecycle',
    'tasks-capability-negotiation',
    'tasks-wire-fields',
    'tasks-request-state-removal',
    'tasks-request-headers',
    'tasks-dispatch-and-envelope',
  ])('%s → nothing fails but what the baseline names', async (scenario) => {
    const { code, output } = await runScenario(scenario);
    expect(output).toMatch(/SUCCESS/);
    expect(code, output).toBe(0);
  });
});
