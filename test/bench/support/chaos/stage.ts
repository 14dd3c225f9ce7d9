import { mkdtemp, rm, readdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OstinatoConnection } from '../../../../client/index.ts';
import { connect, describeRun, runHandle, runPlan } from '../../../../client/index.ts';
import type { RunPlanResult } from '../../../../common/agent.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import { openDatabase } from '../../../../services/database/open-database.ts';
import { createMcpConnections } from '../../../../services/mcp/connections.ts';
import { createRegistry } from '../../../../services/registry/registry.ts';
import { parseServersFile } from '../../../../services/registry/parse-servers-file.ts';
import { createLogger } from '../../../../services/telemetry/logger.ts';
import type { TemporalServer } from '../../../../workers/temporal-server.ts';
import { startTemporalServer } from '../../../../workers/temporal-server.ts';
import { CACHE_DIR } from '../../../support/cache-dir.ts';
import { freePort } from '../../../support/free-port.ts';
import { startPostgres } from '../../../support/postgres.ts';
import type { RedisServer } from '../../../support/redis.ts';
import { startRedis } from '../../../support/redis.ts';
import type { EndedRun } from './judge.ts';
import type { Supervised } from './supervisor.ts';
import { supervise } from './supervisor.ts';

const SERVER = join(import.meta.dirname, '..', '..', '..', 'support', 'journal-server.ts');
/** A run that has not ended by then is lost. */
const HEAL_WITHIN_MS = 120_000;

/** Everything that a deployment has: a server, two workers, databases, and tools with a journal. */
export interface Stage {
  readonly journal: string;
  readonly workers: readonly [Supervised, Supervised];
  readonly redis: RedisServer;
  readonly ostinato: OstinatoConnection;
  /** Kills Temporal at once and starts it again on the same file. */
  restartTemporal(): Promise<void>;
  /** Kills all processes of the tools' server. */
  killTools(): Promise<void>;
  /** Starts a run, as often as it takes until it is accepted. */
  start(runId: string, amount: number): Promise<void>;
  /** Waits for a run to end, whoever is away meanwhile. */
  end(runId: string): Promise<EndedRun>;
  stop(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'ostinato-chaos-'));
  const journal = join(dir, 'journal.log');
  await writeFile(journal, '');
  const [postgres, redis, port] = [await startPostgres(), await startRedis(), await freePort()];
  await register(postgres.url, journal);
  const startTemporal = (): Promise<TemporalServer> => {
    const cached = join(CACHE_DIR, 'bin', 'temporal');
    const command = existsSync(cached) ? cached : 'temporal';
    return startTemporalServer({ command, port, uiPort: null, dbFile: join(dir, 'temporal.db') });
  };
  let temporal = await startTemporal();
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: temporal.address,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    OSTINATO_DATA_DIR: join(dir, 'data'),
    OLLAMA_HOST: '127.0.0.1:1',
  };
  const workers = [supervise(env), supervise(env)] as const;
  const ostinato = await connect({ address: temporal.address });
  await Promise.all(workers.map((worker) => worker.ready()));
  return {
    journal,
    workers,
    redis,
    ostinato,
    async restartTemporal() {
      process.kill(temporal.pid, 'SIGKILL');
      await temporal.exited.catch(() => undefined);
      temporal = await startTemporal();
    },
    killTools: () => killByArgument(journal),
    start: (runId, amount) => startRun(ostinato, runId, amount),
    end: (runId) => endOf(ostinato, runId),
    async stop() {
      await ostinato.close();
      await Promise.all(workers.map((worker) => worker.stop()));
      await temporal.stop();
      await redis.stop();
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The tools' server, with what its tools may do; the workers find it in the database. */
async function register(databaseUrl: string, journal: string): Promise<void> {
  const database = await openDatabase({ kind: 'postgres', url: databaseUrl });
  const registry = createRegistry(database);
  const log = createLogger({ level: 'silent', pretty: false, name: 'chaos' });
  const connections = createMcpConnections({ log, env: process.env });
  const bank = {
    command: process.execPath,
    args: [SERVER, journal],
    effects: { look: 'read', pay: 'non-idempotent', 'pay-once': 'keyed' },
  };
  try {
    for (const { name, definition } of parseServersFile(
      JSON.stringify({ mcpServers: { bank } }),
      'chaos',
    )) {
      await registry.putServer(DEFAULT_TENANT_ID, name, definition);
      const { transport, connectTimeoutMs, protocol } = definition;
      const target = { tenantId: DEFAULT_TENANT_ID, server: name };
      const { tools } = await connections.listTools({
        ...target,
        ...{ transport, connectTimeoutMs, protocol },
      });
      await registry.recordTools(DEFAULT_TENANT_ID, name, tools);
    }
  } finally {
    await connections.close();
    await database.close();
  }
}

async function startRun(
  ostinato: OstinatoConnection,
  runId: string,
  amount: number,
): Promise<void> {
  const skip = { onFailure: 'skip-dependents' } as const;
  const plan = {
    steps: [
      { id: 'look', tool: 'bank/look', args: { amount } },
      { id: 'pay', tool: 'bank/pay', args: { amount }, after: ['look'], ...skip },
      { id: 'pay-once', tool: 'bank/pay-once', args: { amount }, after: ['look'], ...skip },
      { id: 'check', tool: 'bank/look', args: { amount: amount + 0.5 }, after: ['pay'] },
    ],
  };
  const until = Date.now() + HEAL_WITHIN_MS;
  for (;;) {
    try {
      await runPlan(ostinato, { runId, plan });
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function endOf(ostinato: OstinatoConnection, runId: string): Promise<EndedRun> {
  const { workflowId } = runHandle(ostinato, runId);
  const until = Date.now() + HEAL_WITHIN_MS;
  while (Date.now() < until) {
    const run = await describeRun(ostinato, runId).catch(() => null);
    if (run !== null && run.status !== 'running') {
      const result = await runHandle<RunPlanResult>(ostinato, runId)
        .result()
        .catch(() => null);
      return { runId, workflowId, result, endedAtMs: run.endedAtMs ?? Date.now() };
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return { runId, workflowId, result: null, endedAtMs: Date.now() };
}

/** The processes that were started with this argument, by the kernel's own list. */
async function killByArgument(argument: string): Promise<void> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!command.split('\0').includes(argument)) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
