import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startRedis } from '../../../support/redis.ts';

const WORKERS = 4;
const CALLS = 100;
/** A tool that takes a while, so that all calls meet. */
const TOOL_MS = 200;
const SCRIPT = join(import.meta.dirname, 'stampede-worker.ts');

export interface Stampede {
  /** That reached the tool. */
  readonly calls: number;
  /** Of the callers, those that got its answer. */
  readonly answered: number;
}

/** A hundred equal calls at once, from four worker processes that share a real Redis and nothing else. */
export async function measureStampede(): Promise<Stampede> {
  let calls = 0;
  const tool = createServer((_request, response) => {
    calls += 1;
    setTimeout(() => response.end('answer'), TOOL_MS);
  });
  tool.listen(0, '127.0.0.1');
  await once(tool, 'listening');
  const toolUrl = `http://127.0.0.1:${(tool.address() as AddressInfo).port}/`;
  const redis = await startRedis();
  const workers = Array.from({ length: WORKERS }, () => {
    return startWorker([redis.url, toolUrl, String(CALLS / WORKERS)]);
  });
  try {
    await Promise.all(workers.map(({ says }) => says('ready')));
    for (const { child } of workers) child.stdin?.write('go\n');
    const answered = await Promise.all(workers.map(({ says }) => says(/^\d+$/)));
    return { calls, answered: answered.reduce((sum, line) => sum + Number(line), 0) };
  } finally {
    for (const { child } of workers) child.kill('SIGKILL');
    tool.closeAllConnections();
    tool.close();
    await redis.stop();
  }
}

function startWorker(args: readonly string[]): {
  readonly child: ChildProcess;
  says(wanted: string | RegExp): Promise<string>;
} {
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`A worker of the stampede ended with ${String(code)} before it said all.`);
  });
  ended.catch(() => undefined);
  const said = (wanted: string | RegExp): Promise<string> =>
    new Promise((resolve) => {
      lines.on('line', (line) => {
        if (typeof wanted === 'string' ? line === wanted : wanted.test(line)) resolve(line);
      });
    });
  return { child, says: (wanted) => Promise.race([said(wanted), ended]) };
}
