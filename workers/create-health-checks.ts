import type { Worker } from '@temporalio/worker';
import type { HealthChecks, HealthComponent } from '../api/health/health-component.ts';
import type { OstinatoConnection } from '../client/connection.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { DEFAULT_TENANT_ID } from '../common/tenant.ts';
import type { Services } from './assemble.ts';
import { checkBreakers } from './check-breakers.ts';

export interface HealthCheckDeps {
  readonly services: Services;
  readonly connection: OstinatoConnection;
  readonly workers: readonly Worker[];
}

const CHECK_TIMEOUT_MS = 3_000;

const NO_MODEL: HealthComponent = {
  name: 'model',
  needed: false,
  state: 'off',
  detail: 'none configured: the offline planner plans',
  problem: null,
  remedy: 'Set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or start Ollama.',
};

type Finding = Omit<HealthComponent, 'name' | 'needed'>;

/** What `/health` and `ostinato doctor` say of a process that has everything in it. */
export function createHealthChecks(deps: HealthCheckDeps): HealthChecks {
  const one = async (
    name: string,
    needed: boolean,
    look: () => Finding | Promise<Finding>,
    remedy: string,
  ): Promise<HealthComponent> => {
    try {
      return { name, needed, ...(await withinTime(look)) };
    } catch (error) {
      const problem = describeFailure(error);
      return { name, needed, state: 'down', detail: null, problem, remedy };
    }
  };
  return {
    check: async () => [
      ...(await Promise.all([
        one('temporal', true, () => temporal(deps.connection), 'Start it with "ostinato dev".'),
        one('workers', true, () => workers(deps.workers), 'Restart the process.'),
        one('database', true, () => database(deps.services), 'Look at DATABASE_URL.'),
        one('redis', false, () => redis(deps.services), 'Look at REDIS_URL.'),
        one('search', false, () => search(deps.services), 'Run "npm run bootstrap".'),
      ])),
      ...(await models(deps.services)),
      ...(await servers(deps.services)),
      ...(await checkBreakers(deps.services)),
    ],
  };
}

async function withinTime<Value>(look: () => Value | Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const why = `no answer within ${CHECK_TIMEOUT_MS} ms`;
    timer = setTimeout(() => reject(new Error(why)), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([look(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function ok(detail: string): Finding {
  return { state: 'ok', detail, problem: null, remedy: null };
}

async function temporal({ temporal: client, namespace }: OstinatoConnection): Promise<Finding> {
  const info = await client.workflowService.getSystemInfo({});
  await client.workflowService.describeNamespace({ namespace });
  return ok(`server ${info.serverVersion}, namespace ${namespace}`);
}

function workers(all: readonly Worker[]): Finding {
  const stopped = all.filter((worker) => worker.getState() !== 'RUNNING');
  const queues = all.map((worker) => worker.options.taskQueue).join(', ');
  if (stopped.length === 0) return ok(`queue ${queues}`);
  const problem = `${stopped.length} of ${all.length} workers do not run (${queues})`;
  return { state: 'down', detail: null, problem, remedy: 'Restart the process.' };
}

async function database({ database: sql }: Services): Promise<Finding> {
  await sql.ping();
  return ok(sql.kind === 'pglite' ? 'PGlite, in the process of the API' : 'PostgreSQL');
}

/** A soft dependency: without it each process judges by what it sees itself. */
function redis({ breakers }: Services): Finding {
  if (breakers.isShared === null) {
    const detail = 'none configured: breakers are of this process alone';
    return { state: 'off', detail, problem: null, remedy: null };
  }
  if (breakers.isShared()) return ok('breakers are shared');
  const problem = 'it does not answer: breakers go on by what this process sees';
  return { state: 'degraded', detail: null, problem, remedy: 'Look at REDIS_URL.' };
}

function search({ index }: Services): Finding {
  const { implementation, entries, problem } = index.health();
  const detail = `${implementation}, ${entries} tools`;
  if (problem === null) return ok(detail);
  return { state: 'degraded', detail, problem, remedy: 'Run "npm run bootstrap".' };
}

async function models({ gateway }: Services): Promise<readonly HealthComponent[]> {
  const routes = await gateway.providers.list(DEFAULT_TENANT_ID).catch(() => []);
  if (routes.length === 0) return [NO_MODEL];
  return routes.map(({ id, provider, state, breaker, health, credentials }) => {
    const common = { name: `model:${id}`, needed: false };
    if (state === 'healthy') {
      const detail = health.calls === 0 ? 'not called yet' : `${health.calls} calls`;
      return { ...common, state: 'ok', detail, problem: null, remedy: null };
    }
    const refused = credentials.find(({ disabledFor }) => disabledFor !== null)?.disabledFor;
    const hasKey = state !== 'no-key';
    return {
      ...common,
      state: hasKey ? 'degraded' : 'down',
      detail: `breaker ${breaker}`,
      problem: (hasKey ? health.lastProblem?.message : refused) ?? `its breaker is ${breaker}`,
      remedy: hasKey
        ? 'Calls go to other models until it answers again.'
        : `Mend the key, then run "ostinato providers enable ${provider}".`,
    };
  });
}

async function servers({ registry }: Services): Promise<readonly HealthComponent[]> {
  const all = await registry.listServers(DEFAULT_TENANT_ID).catch(() => []);
  return all.map(({ name, status, problem, toolCount }) => {
    const common = {
      name: `mcp:${name}`,
      needed: false,
      detail: `${toolCount} ${toolCount === 1 ? 'tool' : 'tools'}`,
    };
    if (status === 'disabled') return { ...common, state: 'off', problem: null, remedy: null };
    if (status === 'ready') return { ...common, state: 'ok', problem: null, remedy: null };
    const remedy = `Try "ostinato servers test ${name}".`;
    const why = problem ?? 'it was not asked for its tools yet';
    return { ...common, state: status === 'unknown' ? 'degraded' : 'down', problem: why, remedy };
  });
}
