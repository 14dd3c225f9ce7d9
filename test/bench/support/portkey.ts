import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Ask } from './gateway-targets.ts';
import { askOverHttp } from './gateway-targets.ts';

const START = join('node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');

/**
 * Portkey's gateway in a process of its own before the same provider, where it is installed: in the
 * folder that BENCH_PEERS names, or here; `null` where it is not.
 *
 * 1.15.2 streams with the server of its time only: beside it in package.json,
 * `"overrides": {"@hono/node-server": "1.13.7"}`. With 1.19.19, which its range takes as well, it answers
 * streams with a 500, since it changes headers that are immutable there: then `streams` is false.
 */
export async function startPortkey(
  upstream: string,
): Promise<{ readonly ask: Ask; readonly streams: boolean; stop(): void } | null> {
  const script = [process.env['BENCH_PEERS'] ?? '.', '.']
    .map((folder) => join(folder, START))
    .find((path) => existsSync(path));
  if (script === undefined) return null;
  const port = await freePort();
  const child = spawn(process.execPath, [script, '--headless', `--port=${port}`], {
    stdio: 'ignore',
    env: { ...process.env, TRUSTED_CUSTOM_HOSTS: new URL(upstream).hostname },
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = (): void => void child.kill('SIGKILL');
  try {
    await waitFor('Portkey to answer', async () => {
      const answer = await fetch(url).catch(() => null);
      return answer?.ok === true;
    });
  } catch (error) {
    stop();
    throw error;
  }
  const headers = {
    authorization: 'Bearer any',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${upstream}/v1`,
  };
  const ask = askOverHttp(url, headers, 'm');
  const streams = await ask(true).then(
    () => true,
    () => false,
  );
  return { ask, streams, stop };
}
