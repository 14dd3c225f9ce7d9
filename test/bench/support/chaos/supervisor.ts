import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ChaosWorkerOptions } from './worker.ts';

const PROGRAM = join(import.meta.dirname, 'worker.ts');

/** Keeps one worker process up, as an orchestrator does: one that dies is started again. */
export interface Supervised {
  /** Of the process that runs now. */
  pid(): number;
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends the process and starts one with these options; the one after it has none. */
  restart(options: ChaosWorkerOptions): Promise<void>;
  /** Calls back each time that the process ends without having been told to. */
  onDeath(tell: () => void): void;
  ready(): Promise<void>;
  /** How long its latest start took until it was ready, ms. */
  startMs(): number;
  stop(): Promise<void>;
}

export function supervise(env: NodeJS.ProcessEnv): Supervised {
  let child: ChildProcess;
  let ready: Promise<void>;
  let stopping = false;
  let startMs = 0;
  let tell: () => void = () => undefined;

  function start(options: ChaosWorkerOptions): void {
    const started = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    const startedMs = Date.now();
    const errors: string[] = [];
    started.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
    ready = new Promise((resolve, reject) => {
      createInterface(started.stdout).on('line', () => {
        startMs = Date.now() - startedMs;
        resolve();
      });
      started.once('exit', (code) => {
        if (code !== null && code !== 0) reject(new Error(`A worker ended: ${errors.join('')}`));
        if (stopping || child !== started) return;
        tell();
        start({ failpoint: null });
        // Killed before it was ready: who waits for it waits for the one in its place.
        resolve(ready);
      });
    });
    ready.catch(() => undefined);
  }

  async function end(): Promise<void> {
    const gone = child.exitCode !== null || child.signalCode !== null ? null : once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await gone;
  }

  start({ failpoint: null });
  return {
    pid: () => child.pid ?? 0,
    signal: (name) => void child.kill(name),
    async restart(options) {
      stopping = true;
      await end();
      stopping = false;
      start(options);
      await ready;
    },
    onDeath(given) {
      tell = given;
    },
    ready: () => ready,
    startMs: () => startMs,
    async stop() {
      stopping = true;
      await end();
    },
  };
}
