import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CACHE_DIR } from './cache-dir.ts';
import { freePort } from './free-port.ts';
import { waitFor } from './wait-for.ts';

export interface OllamaServer {
  readonly url: string;
  /** A real model of 135 million parameters. */
  readonly model: string;
  stop(): Promise<void>;
}

const MODEL = 'smollm2:135m';

/** Starts a real Ollama of its own on a free port, with SmolLM2 in it. */
export async function startOllama(): Promise<OllamaServer> {
  const inCache = join(CACHE_DIR, 'bin', 'ollama');
  const command = existsSync(inCache) ? inCache : 'ollama';
  const dir = await mkdtemp(join(tmpdir(), 'ostinato-ollama-'));
  const host = `127.0.0.1:${await freePort()}`;
  const env = { ...process.env, OLLAMA_HOST: host, OLLAMA_MODELS: dir, HOME: dir };
  const server = spawn(command, ['serve'], { env, stdio: 'ignore' });
  const failed = once(server, 'error').then(([cause]) => {
    throw new Error('No Ollama. Run "npm run bootstrap -- --with ollama,smollm2".', { cause });
  });
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
    }
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      failed,
      waitFor('Ollama to answer', async () => {
        const answer = await fetch(`http://${host}/api/version`).catch(() => null);
        return answer?.ok === true;
      }),
    ]);
    await create(command, env);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://${host}`, model: MODEL, stop };
}

async function create(command: string, env: NodeJS.ProcessEnv): Promise<void> {
  const modelfile = join(CACHE_DIR, 'models', 'smollm2-135m', 'Modelfile');
  const child = spawn(command, ['create', MODEL, '-f', modelfile], { env, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`"ollama create ${MODEL} -f ${modelfile}" ended with ${code}.`);
}
