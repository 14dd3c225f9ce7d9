// Proves that tool calls go through the breaker of their server: it opens when the server is away,
// the run waits in Temporal instead of in a slot, and it goes on by itself when the server is back.
// Real Temporal, a real MCP server over HTTP that is stopped and started, a real Redis.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPlan } from '../../client/index.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import type { ToolId } from '../../common/tool.ts';
import type { Engine } from '../support/engine.ts';
import { startEngine } from '../support/engine.ts';
import { freePort } from '../support/free-port.ts';
import type { RedisServer } from '../support/redis.ts';
import { startRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EVERYTHING = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const TARGET = { tenantId: DEFAULT_TENANT_ID, kind: 'mcp', name: 'remote' } as const;

let port: number;
let redis: RedisServer;
let engine: Engine;
let server: ChildProcess;

async function startServer(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: 'ignore',
  });
  await waitFor('the MCP server to listen', () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    ),
  );
  return child;
}

async function stopServer(): Promise<void> {
  const gone = once(server, 'exit');
  server.kill('SIGKILL');
  await gone;
}

beforeAll(async () => {
  port = await freePort();
  redis = await startRedis();
  server = await startServer();
  engine = await startEngine(
    {
      remote: { url: `http://127.0.0.1:${port}/mcp`, effects: { '*': 'read' } },
      spare: { command: process.execPath, args: [EVERYTHING, 'stdio'], effects: { '*': 'read' } },
    },
    { REDIS_URL: redis.url },
  );
});

afterAll(async () => {
  await engine?.stop();
  await stopServer();
  await redis?.stop();
});

describe('an alternative tool', () => {
  it('the server of the main tool is away → the alternative answers, and the step says so', async () => {
    const { rules, calls } = engine.services;
    const rule: CompositionRule = {
      name: 'spare-echo',
      reason: 'the same echo',
      kind: 'alternative',
      of: 'remote/echo' as ToolId,
      tool: 'spare/echo' as ToolId,
      args: { message: 'spare: ${args.message}' },
      safe: false,
    };
    await rules.put(DEFAULT_TENANT_ID, rule, 'operator', 'test');
    await stopServer();
    try {
      const plan = { steps: [{ id: 'a', tool: 'remote/echo', args: { message: 'hello' } }] };
      const result = await (await runPlan(engine.ostinato, { plan })).result();
      expect(result.steps[0]).toMatchObject({
        state: 'done',
        preview: expect.stringContaining('spare: hello') as string,
        degraded: [{ kind: 'alternative-tool', tool: 'spare/echo', rule: 'spare-echo' }],
      });
      await engine.services.breakers.breakers.hold(TARGET, 'ann', 'maintenance');
      const { tenant } = engine.ostinato;
      const call = { tenant, tool: rule.of, args: { message: 'held' }, idempotencyKey: 'k' };
      const times = { fingerprint: null, timeoutMs: 10_000, maxTotalTimeoutMs: 10_000 };
      const { signal } = new AbortController();
      const held = await calls.call({ ...call, ...times }, { signal, attempt: 1 });
      expect(held.degraded).toMatchObject([{ why: 'the breaker of mcp remote is open' }]);
    } finally {
      await rules.remove(DEFAULT_TENANT_ID, rule.name, 'test');
      await engine.services.breakers.breakers.release(TARGET, 'bob');
      server = await startServer();
    }
  }, 120_000);
});

describe('the breaker of an MCP server', () => {
  it('the server goes away → it opens; the server comes back → the run goes on and ends well', async () => {
    const { breakers, isShared } = engine.services.breakers;
    expect(isShared?.()).toBe(true);
    await stopServer();
    const steps = Array.from({ length: 8 }, (_, index) => ({
      id: `s${index}`,
      tool: 'remote/echo',
      args: { message: `m${index}` },
    }));
    const run = await runPlan(engine.ostinato, { plan: { steps }, limits: { maxWallMs: 240_000 } });
    const opened = await waitFor('the breaker to open', async () => {
      const now = await breakers.state(TARGET);
      return now.state.kind === 'open' ? now : null;
    });
    expect(opened.trips).toBeGreaterThanOrEqual(1);
    server = await startServer();
    const result = await run.result();
    expect(result.outcome).toBe('completed');
    const text = await engine.services.metrics.text();
    expect(text).toMatch(/CircuitOpen/);
    expect(text).toMatch(/ostinato_breaker_transitions_total\{kind="mcp",to="open"\} [1-9]/);
    const query = { tenantId: DEFAULT_TENANT_ID, target: TARGET, sinceMs: 0, limit: 100 };
    const changes = await engine.services.breakerHistory.list(query);
    expect(changes).toContainEqual(
      expect.objectContaining({ from: 'closed', to: 'isolated', by: 'ann', process: null }),
    );
    expect(changes).toContainEqual(
      expect.objectContaining({ to: 'open', by: null, reason: expect.stringMatching(/failed/) }),
    );
    expect(changes).toContainEqual(expect.objectContaining({ from: 'probing', to: 'recovering' }));
  }, 240_000);

  it('Redis goes away → breakers go on alone, and runs do not notice', async () => {
    await redis.kill();
    const plan = { steps: [{ id: 'a', tool: 'remote/echo', args: { message: 'still here' } }] };
    const run = await runPlan(engine.ostinato, { plan });
    expect((await run.result()).outcome).toBe('completed');
    expect(engine.services.breakers.isShared?.()).toBe(false);
  }, 120_000);
});
