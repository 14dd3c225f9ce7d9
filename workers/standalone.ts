// Entry point: Temporal's development server, the workers and the HTTP API in one process.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Runtime } from '@temporalio/worker';
import { z } from 'zod';
import { isClientError } from '../client/client-error.ts';
import { loadConfig } from '../services/config.ts';
import { isServiceError } from '../services/errors.ts';
import { createLogger } from '../services/telemetry/logger.ts';
import type { Standalone } from './start-standalone.ts';
import { startStandalone } from './start-standalone.ts';
import { createTemporalLogger } from './temporal-logger.ts';

const DEFAULT_SERVERS_FILE = 'servers.json';
const portFlag = z.coerce.number().int().min(0).max(65_535);

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string' },
    'temporal-port': { type: 'string', default: '7233' },
    'ui-port': { type: 'string', default: '8233' },
    servers: { type: 'string' },
    'data-dir': { type: 'string' },
    'json-ready': { type: 'boolean', default: false },
  },
});

/** One line on standard output: `{"ready": …}` for programs, else nothing that a person misses. */
function announce(event: object): void {
  if (flags['json-ready']) process.stdout.write(`${JSON.stringify(event)}\n`);
}

function serversFile(): string | null {
  if (flags.servers !== undefined) return resolve(flags.servers);
  return existsSync(DEFAULT_SERVERS_FILE) ? resolve(DEFAULT_SERVERS_FILE) : null;
}

async function main(): Promise<void> {
  const config = loadConfig({
    ...process.env,
    ...(flags.port === undefined ? {} : { OSTINATO_PORT: flags.port }),
    ...(flags['data-dir'] === undefined ? {} : { OSTINATO_DATA_DIR: flags['data-dir'] }),
  });
  const log = createLogger({
    level: config.logLevel,
    pretty: process.stderr.isTTY === true,
    name: 'ostinato',
    destination: process.stderr,
  });
  Runtime.install({
    logger: createTemporalLogger(log.child({ part: 'temporal' })),
    shutdownSignals: [],
  });
  const stopped = stopSignal();
  let reload = (): void => undefined;
  if (!hangsUp()) process.on('SIGHUP', () => reload());
  const standalone = await startStandalone({
    config,
    env: process.env,
    log,
    temporalAddress: process.env['TEMPORAL_ADDRESS'] ?? null,
    temporalPort: portFlag.parse(flags['temporal-port']),
    uiPort: portFlag.parse(flags['ui-port']),
    serversFile: serversFile(),
  });
  reload = () => void standalone.reload();
  announce({ ready: { ...publicPart(standalone) } });
  void standalone.serversReady.then(() => announce({ serversReady: true }));
  try {
    await Promise.race([stopped, standalone.broken]);
  } finally {
    await standalone.stop();
  }
}

function publicPart({ apiUrl, temporalAddress, namespace, uiUrl, pid }: Standalone): object {
  return { apiUrl, temporalAddress, namespace, uiUrl, pid };
}

/** A terminal that closes sends SIGHUP and means the end; to a process without one it means: read again. */
function hangsUp(): boolean {
  return process.stdin.isTTY === true;
}

/**
 * Ctrl-C or a stop request. A second Ctrl-C ends the process at once; a second request does not, since
 * whoever stops a group of processes reaches this one by each that passes it on.
 */
function stopSignal(): Promise<void> {
  return new Promise((resolveStop) => {
    let asked = false;
    for (const signal of [
      'SIGINT',
      'SIGTERM',
      ...(hangsUp() ? (['SIGHUP'] as const) : []),
    ] as const) {
      process.on(signal, () => {
        if (asked && signal !== 'SIGTERM') process.exit(130);
        asked = true;
        resolveStop();
      });
    }
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const known = isServiceError(error) || isClientError(error);
    const message = known ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`ostinato: ${message}\n`);
    process.exit(1);
  },
);
