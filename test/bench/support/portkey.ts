import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Ask } from './gateway-targets.ts';
import { askOverHttp } from './gateway-targets.ts';

const START = join('node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');

/** It answers 500 at times; a bench of ours ends where it does nothing else. */
const MOST_TRIES = 20;

/**
 * Portkey's gateway in a process of its own before the same provider, where it is installed: in the
 * folder that BENCH_PEERS names, or here; `null` where it is not.
 * `failed` counts answers that were none; what they took is in nobody's time.
 */
export async function startPortkey(
  upstream: string,
): Promise<{ readonly ask: Ask; failed(): number; stop(): void } | null> {
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
  let failed = 0;
  const once = askOverHttp(url, headers, 'm');
  const ask: Ask = async (stream) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await once(stream);
      } catch (error) {
        failed += 1;
        if (tries === MOST_TRIES) throw error;
      }
    }
  };
  return { ask, failed: () => failed, stop };
}
