import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A model provider in a process of its own. */
export interface ModelProcess {
  readonly url: string;
  kill(): Promise<void>;
  /** Connections are taken and nothing is answered, until `resume`. */
  freeze(): void;
  resume(): void;
  /** Back on the same port. */
  restart(): Promise<void>;
}

const SCRIPT = join(import.meta.dirname, 'model-server.mjs');

/** @param env see `model-server.mjs` */
export async function startModelProcess(
  env: Readonly<Record<string, string>> = {},
): Promise<ModelProcess> {
  let child: ChildProcess;
  const start = async (port: string): Promise<string> => {
    child = spawn(process.execPath, [SCRIPT], {
      env: { ...process.env, ...env, MODEL_SERVER_PORT: port },
      // Its input ends with this process: nothing is left behind.
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    return said.toString('utf8').trim();
  };
  const port = await start('0');
  return {
    url: `http://127.0.0.1:${port}`,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    freeze: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    restart: async () => void (await start(port)),
  };
}
