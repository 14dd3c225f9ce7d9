import { join } from 'node:path';
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from '../activities/index.ts';
import { createServer } from '../api/server.ts';
import type { OstinatoConnection } from '../client/connection.ts';
import { connect } from '../client/connection.ts';
import { registerSearchAttributes } from '../client/engine.ts';
import { readPolicies } from '../client/read-policies.ts';
import { DEFAULT_TENANT_ID } from '../common/tenant.ts';
import { openConfigFile } from '../services/config-file.ts';
import type { Config } from '../services/config.ts';
import { readRulesFile } from '../services/rules/read-rules-file.ts';
import type { Services } from './assemble.ts';
import { assemble } from './assemble.ts';
import { claimPort } from './claim-port.ts';
import { connectWorker } from './connect-worker.ts';
import { createHealthChecks } from './create-health-checks.ts';
import { createWorkers } from './create-workers.ts';
import type { DevFile } from './dev-file.ts';
import { removeDevFile, writeDevFile } from './dev-file.ts';
import { findTemporal } from './find-temporal.ts';
import { makeDataDir } from './make-data-dir.ts';
import { openStartFiles, readServersFile } from './start-files.ts';
import type { TemporalServer } from './temporal-server.ts';
import { startTemporalServer, stopLeftoverServer } from './temporal-server.ts';
import { createTracing, otlpExporter } from './tracing.ts';
import { workerInterceptors } from './worker-interceptors.ts';
import { workflowBundle } from './workflow-bundle.ts';

export interface StandaloneOptions {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** `null`: start one; else the address of a server that runs. */
  readonly temporalAddress: string | null;
  /** 0 picks a free port. */
  readonly temporalPort: number;
  readonly uiPort: number;
  /** `mcpServers` file to register at start; `null`: none. */
  readonly serversFile: string | null;
}

export interface Standalone extends DevFile {
  /** Resolves when every registered server was asked for its tools, whatever came of it. */
  readonly serversReady: Promise<void>;
  /** Rejects when a part that everything needs has ended by itself. */
  readonly broken: Promise<never>;
  /** Reads the files of servers, rules, providers, breakers, limits and policies again. Never throws: the log says what changed. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** What was started, to be undone in reverse order. */
type Undo = () => Promise<unknown>;

/**
 * Temporal's development server, the workers and the HTTP API in one process. When a part cannot
 * start, what was started is stopped again.
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const started: Undo[] = [];
  const stop = async (): Promise<void> => {
    for (const undo of started.splice(0).reverse()) {
      await undo().catch((error: unknown) => options.log.warn({ error }, 'A part did not stop'));
    }
  };
  try {
    return { ...(await startParts(options, started)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  options: StandaloneOptions,
  started: Undo[],
): Promise<Omit<Standalone, 'stop'>> {
  const { config, env, log } = options;
  const { host, port } = config.http;
  // Said before anything starts. A free one is taken when it is listened on: until then others may.
  if (port !== 0) await claimPort(host, port, 'the HTTP API', '--port');
  await makeDataDir(config.dataDir);
  // Said before anything starts, too.
  await readServersFile(options.serversFile);
  await readRulesFile(config.rulesFile);
  const policies = await openConfigFile({
    ...{ what: 'the policy file', path: config.policyFile || null, log },
    read: () => readPolicies(config.policyFile),
  });
  started.push(async () => policies.close());
  const temporal = await startTemporal(options, started);
  const address = options.temporalAddress ?? temporal?.address ?? '';
  const connection = await connect({
    address,
    namespace: config.temporal.namespace,
    queues: config.queues,
    actor: 'api',
    policies: policies.value,
  });
  started.push(() => connection.close());
  // The development server gets them with its flags.
  if (temporal === null) await prepareTemporal(connection, log);
  const services = await assemble({ config, env, log });
  started.push(() => services.close());
  const workers = await startWorkers(options, address, services, started);
  const paths = { servers: options.serversFile, rules: config.rulesFile };
  const files = await openStartFiles(paths, services, log);
  started.push(async () => files.close());
  const uiUrl = temporal?.uiUrl ?? null;
  const apiUrl = await startApi(options, { services, connection, workers, uiUrl, started });
  const dev: DevFile = {
    apiUrl,
    temporalAddress: address,
    namespace: config.temporal.namespace,
    uiUrl,
    pid: process.pid,
  };
  await writeDevFile(config.dataDir, dev);
  started.push(() => removeDevFile(config.dataDir, process.pid));
  const serversReady = findTools(services, log);
  const reload = async (): Promise<void> => {
    await Promise.all([services.reload(), policies.reload(), files.reload()]);
  };
  const broken = temporal?.exited ?? new Promise<never>(() => undefined);
  return { ...dev, serversReady, broken, reload };
}

/**
 * A Temporal of somebody else may lack what runs need. Where registering is not allowed, as in a
 * managed one, the process goes on: health and doctor repeat what is missing.
 */
async function prepareTemporal(connection: OstinatoConnection, log: Logger): Promise<void> {
  try {
    const added = await registerSearchAttributes(connection);
    if (added.length > 0) log.info({ added }, 'search attributes were registered in Temporal');
  } catch (error) {
    const problem = (error as Error).message;
    log.warn({ problem }, 'no run can start before somebody registers the search attributes');
  }
}

/** What is registered is found at once, also while its server is away; then each server is asked. */
async function findTools({ registry, index, catalogue }: Services, log: Logger): Promise<void> {
  const known = await registry.listTools(DEFAULT_TENANT_ID);
  await index.sync(DEFAULT_TENANT_ID, known).catch((error: unknown) => {
    log.warn({ err: error }, 'the tool search is not ready: tools are found once this is mended');
  });
  await catalogue.refreshAll(DEFAULT_TENANT_ID);
}

async function startTemporal(
  options: StandaloneOptions,
  started: Undo[],
): Promise<TemporalServer | null> {
  if (options.temporalAddress !== null) return null;
  const { config, env } = options;
  const dbFile = join(config.dataDir, 'temporal.db');
  await stopLeftoverServer(dbFile);
  const server = await startTemporalServer({
    command: await findTemporal(config.cacheDir, env['PATH']),
    port: await claimPort('127.0.0.1', options.temporalPort, 'Temporal', '--temporal-port'),
    uiPort: await claimPort('127.0.0.1', options.uiPort, "Temporal's Web UI", '--ui-port'),
    dbFile,
  });
  started.push(() => server.stop());
  return server;
}

async function startWorkers(
  { config }: StandaloneOptions,
  address: string,
  services: Services,
  started: Undo[],
): Promise<readonly Worker[]> {
  const connection = await connectWorker(address);
  started.push(() => connection.close());
  const tracing =
    config.otlpEndpoint === null ? null : createTracing(otlpExporter(config.otlpEndpoint));
  const bundled = tracing === null ? [] : [tracing.plugin];
  started.push(async () => tracing?.close());
  const workers = await createWorkers({
    connection,
    namespace: config.temporal.namespace,
    queues: config.queues,
    kinds: ['agent', 'tool', 'llm'],
    tuning: config.workers,
    ...(config.workerVersion === null ? {} : { version: config.workerVersion }),
    activities: createActivities(services),
    workflowBundle: await workflowBundle(config.cacheDir, bundled, config.workflowStacks),
    plugins: tracing === null ? [] : [...tracing.workerPlugins],
    interceptors: workerInterceptors(services),
  });
  const running = workers.map((worker) => worker.run());
  started.push(async () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.allSettled(running);
  });
  return workers;
}

interface ApiParts {
  readonly services: Services;
  readonly connection: OstinatoConnection;
  readonly workers: readonly Worker[];
  readonly uiUrl: string | null;
  readonly started: Undo[];
}

async function startApi(options: StandaloneOptions, parts: ApiParts): Promise<string> {
  const { config, log } = options;
  const { services, connection, workers, uiUrl, started } = parts;
  const server = createServer({
    ...services,
    tools: services.calls,
    breakers: services.breakers.breakers,
    providers: services.gateway.providers,
    config: config.http,
    connection,
    health: createHealthChecks({ services, connection, workers }),
    links: { temporalUi: uiUrl },
    log,
    // One person's process on one machine: the exception of the rule that an API starts no commands.
    options: { allowStdioServers: true },
  });
  const listening = await server.listen({ host: config.http.host, port: config.http.port });
  started.push(() => server.close());
  const shown = config.http.host.includes(':') ? `[${config.http.host}]` : config.http.host;
  return `http://${shown}:${config.http.port || new URL(listening).port}`;
}
