import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { GatewayCommand } from './gateway-process.ts';

const PROGRAM = join(import.meta.dirname, 'gateway-process.ts');

/** A gateway in a process of its own. */
export interface GatewayProcess {
  /** @returns its answer; commands are answered one after the other. */
  tell(command: GatewayCommand): Promise<unknown>;
  /** As the kernel does it: nothing is cleaned up. */
  kill(): Promise<void>;
}

/** @param env of the process, beside where programs are: no key of this machine reaches it. */
export async function startGatewayProcess(
  env: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { PATH: process.env['PATH'], OLLAMA_HOST: 'http://127.0.0.1:9', ...env },
    // Its input ends with this process: nothing is left behind.
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('The process with the gateway has ended.');
    return JSON.parse(line.value) as unknown;
  };
  await next();
  let before: Promise<unknown> = Promise.resolve();
  return {
    tell(command) {
      const answer = before.then(() => {
        child.stdin.write(`${JSON.stringify(command)}\n`);
        return next();
      });
      before = answer.catch(() => undefined);
      return answer;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
