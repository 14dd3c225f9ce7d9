import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createActivities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import { loadConfig } from '../../services/config.ts';
import { parseServersFile } from '../../services/registry/parse-servers-file.ts';
import { createLogger } from '../../services/telemetry/logger.ts';
import type { Services } from '../../workers/assemble.ts';
import { assemble } from '../../workers/assemble.ts';
import { workerInterceptors } from '../../workers/worker-interceptors.ts';
import { connectTo, startTemporal, startWorkers } from './temporal.ts';

/** All the real parts in this process, with a real Temporal server beside it. */
export interface Engine {
  readonly services: Services;
  readonly ostinato: OstinatoConnection;
  readonly temporalAddress: string;
  readonly dir: string;
  /** From then on nobody here takes up work. */
  stopWorkers(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param mcpServers as in a servers file.
 * @param env besides PATH; no provider key of the machine gets in.
 */
export async function startEngine(
  mcpServers: Readonly<Record<string, object>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Engine> {
  const dir = await mkdtemp(join(tmpdir(), 'ostinato-engine-'));
  const temporal = await startTemporal(join(dir, 'temporal.db'));
  const given = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env };
  const services = await assemble({
    config: loadConfig({
      ...process.env,
      DATABASE_URL: '',
      REDIS_URL: env['REDIS_URL'] ?? '',
      OSTINATO_DATA_DIR: join(dir, 'data'),
      OSTINATO_ALLOW_PRIVATE_URLS: env['OSTINATO_ALLOW_PRIVATE_URLS'] ?? '',
      OSTINATO_CONTEXT_TOKENS: env['OSTINATO_CONTEXT_TOKENS'] ?? '',
      // One more call before the first plan, which scripted models do not answer.
      OSTINATO_DECOMPOSE: env['OSTINATO_DECOMPOSE'] ?? 'rules',
    }),
    env: { OLLAMA_HOST: '127.0.0.1:1', ...given },
    log: createLogger({ level: 'warn', pretty: false, name: 'test' }),
  });
  const definitions = parseServersFile(JSON.stringify({ mcpServers }), 'test');
  for (const { name, definition } of definitions) {
    await services.registry.putServer(DEFAULT_TENANT_ID, name, definition);
  }
  await services.catalogue.refreshAll(DEFAULT_TENANT_ID);
  const workers = await startWorkers(
    temporal.address,
    createActivities(services),
    null,
    workerInterceptors(services),
  );
  const ostinato = await connectTo(temporal.address);
  let stopping: Promise<void> | null = null;
  const stopWorkers = (): Promise<void> => (stopping ??= workers.stop());
  return {
    services,
    ostinato,
    temporalAddress: temporal.address,
    dir,
    stopWorkers,
    async stop() {
      await ostinato.close();
      await stopWorkers();
      await services.close();
      await temporal.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
