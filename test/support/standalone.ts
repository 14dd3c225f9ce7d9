import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ENTRY = join(import.meta.dirname, '..', '..', 'workers', 'standalone.ts');

export interface StandaloneProcess {
  readonly apiUrl: string;
  readonly temporalAddress: string;
  readonly uiUrl: string | null;
  readonly pid: number;
  /** Both output streams so far, for messages of failing tests. */
  output(): string;
  /** As the kernel does it: nothing is cleaned up. */
  kill(): Promise<void>;
  /** As Ctrl-C does it. @returns the exit code */
  stop(): Promise<number | null>;
}

export interface StandaloneProcessOptions {
  readonly dataDir: string;
  readonly serversFile?: string;
  /** A server that runs; @default the process starts its own */
  readonly temporalAddress?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** @default a free one */
  readonly temporalPort?: number;
}

/**
 * For a test that starts whole processes, a Temporal server among them: on two cores with a load of
 * ten each, one start takes half a minute.
 */
export const WHOLE_PROCESS_TIMEOUT_MS = 180_000;

/** The process that has everything in it, as `ostinato dev` starts it; ready when its servers are. */
export async function startStandaloneProcess(
  options: StandaloneProcessOptions,
): Promise<StandaloneProcess> {
  const child = spawn(process.execPath, [ENTRY, ...flagsOf(options)], {
    env: {
      ...withoutProviders(),
      OSTINATO_LOG_LEVEL: 'warn',
      // One more call before the first plan, which scripted models do not answer.
      OSTINATO_DECOMPOSE: 'rules',
      ...(options.temporalAddress === undefined
        ? {}
        : { TEMPORAL_ADDRESS: options.temporalAddress }),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { lines, find } = watchLines(child);
  const ready = JSON.parse(await find('{"ready":')) as { ready: StandaloneProcess };
  await find('{"serversReady":true}');
  return {
    ...ready.ready,
    pid: child.pid ?? 0,
    output: () => lines.join('\n'),
    kill: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await gone) as [number | null];
      return code;
    },
  };
}

function flagsOf({ dataDir, serversFile, temporalPort = 0 }: StandaloneProcessOptions): string[] {
  return [
    ...['--json-ready', '--data-dir', dataDir, '--port', '0'],
    ...['--temporal-port', String(temporalPort), '--ui-port', '0'],
    ...(serversFile === undefined ? [] : ['--servers', serversFile]),
  ];
}

/** A key on the machine must not turn a test into a call to a provider. */
function withoutProviders(): NodeJS.ProcessEnv {
  const env = { ...process.env, OLLAMA_HOST: '127.0.0.1:1' };
  for (const name of ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY']) {
    Reflect.deleteProperty(env, name);
  }
  return env;
}

function watchLines(child: ChildProcess) {
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      for (const tell of waiting) tell(line);
    });
  }
  const find = (start: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const tell = (line: string): void => {
        if (line.startsWith(start)) resolve(line);
      };
      lines.forEach(tell);
      waiting.add(tell);
      child.once('exit', (code, signal) => {
        reject(new Error(`Ended (${signal ?? code}) before "${start}":\n${lines.join('\n')}`));
      });
    });
  return { lines, find };
}
