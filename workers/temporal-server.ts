import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { NativeConnection } from '@temporalio/worker';
import { FAILURE } from '../common/failures.ts';
import { SEARCH_ATTRIBUTE_TYPE } from '../common/names.ts';
import { ServiceError } from '../services/errors.ts';

export interface TemporalServerOptions {
  /** The `temporal` command. */
  readonly command: string;
  readonly port: number;
  /** `null`: no Web UI. */
  readonly uiPort: number | null;
  /** File that outlives the process; `null` keeps all in memory. */
  readonly dbFile: string | null;
  /** @default 30000 */
  readonly startTimeoutMs?: number;
}

export interface TemporalServer {
  readonly address: string;
  readonly uiUrl: string | null;
  readonly pid: number;
  /** Rejects when the server ends without having been told to. */
  readonly exited: Promise<never>;
  stop(): Promise<void>;
}

/**
 * Without these the history service reads its queues 20 times a second, so that each step of a plan
 * costs about 100 ms (measured: a 12-step plan takes 350 ms without and 98 ms with them).
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=10000',
  'history.timerProcessorMaxPollRPS=10000',
  'history.visibilityProcessorMaxPollRPS=10000',
  'system.enableActivityEagerExecution=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];
/** Collects garbage less often than Go does by itself: some 100 MB more for a faster server. */
const GOGC = '400';
const HOST = '127.0.0.1';
const STOP_GRACE_MS = 5_000;
const LAST_LINES = 8;

/**
 * Starts Temporal's development server and waits until it answers. A server that an earlier
 * process left behind on the same file is stopped first.
 *
 * @throws ServiceError (Unavailable) with the server's last lines.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  if (options.dbFile !== null) await stopLeftoverServer(options.dbFile);
  const child = spawn(options.command, serverArgs(options), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { GOGC, ...process.env },
  });
  // Whoever ends at once must not leave it behind.
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const lines = lastLines(child);
  const ended = endOf(child, lines);
  ended.catch(() => undefined);
  try {
    await Promise.race([answers(options.port, options.startTimeoutMs ?? 30_000), ended]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  if (options.dbFile !== null) await writeFile(pidFile(options.dbFile), `${child.pid}\n`);
  return {
    address: `${HOST}:${options.port}`,
    uiUrl: options.uiPort === null ? null : `http://${HOST}:${options.uiPort}`,
    pid: child.pid ?? 0,
    exited: ended,
    stop: async () => {
      await stopChild(child);
      if (options.dbFile !== null) await rm(pidFile(options.dbFile), { force: true });
    },
  };
}

function serverArgs({ port, uiPort, dbFile }: TemporalServerOptions): string[] {
  const attributes = Object.entries(SEARCH_ATTRIBUTE_TYPE).map(
    ([name, type]) => `${name}=${type === 'DOUBLE' ? 'Double' : 'Keyword'}`,
  );
  return [
    ...['server', 'start-dev', '--ip', HOST, '--port', String(port), '--log-level', 'error'],
    ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(dbFile === null ? [] : ['--db-filename', dbFile, '--sqlite-pragma', 'journal_mode=WAL']),
    ...(dbFile === null ? [] : ['--sqlite-pragma', 'synchronous=NORMAL']),
    ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
    ...attributes.flatMap((value) => ['--search-attribute', value]),
  ];
}

function lastLines(child: ChildProcess): string[] {
  const lines: string[] = [];
  const keep = (chunk: Buffer): void => {
    lines.push(...chunk.toString().split('\n').filter(Boolean));
    lines.splice(0, Math.max(0, lines.length - LAST_LINES));
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return lines;
}

async function endOf(child: ChildProcess, lines: readonly string[]): Promise<never> {
  const why = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  throw new ServiceError(
    FAILURE.unavailable,
    `The Temporal server stopped: ${why}. ${lines.join(' | ')} Run "npm run bootstrap" if the command is missing.`,
  );
}

async function answers(port: number, timeoutMs: number): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (!(await accepts(port)) || !(await isHealthy(port))) {
    if (Date.now() > until) {
      throw new ServiceError(
        FAILURE.unavailable,
        `The Temporal server did not answer on port ${port} within ${timeoutMs} ms.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** It listens before it serves. */
async function isHealthy(port: number): Promise<boolean> {
  try {
    const connection = await NativeConnection.connect({ address: `${HOST}:${port}` });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await gone;
  clearTimeout(timer);
}

function pidFile(dbFile: string): string {
  return `${dbFile}.pid`;
}

/** Two servers on one file corrupt it. A pid that now belongs to another program is left alone. */
/** Stops the server that a process which was killed has left on that file; its ports are free then. */
export async function stopLeftoverServer(dbFile: string): Promise<void> {
  const file = pidFile(dbFile);
  const pid = Number(await readFile(file, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 0) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (command.includes('start-dev')) {
    process.kill(pid, 'SIGTERM');
    const until = Date.now() + STOP_GRACE_MS;
    while (Date.now() < until && isAlive(pid)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await rm(file, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
