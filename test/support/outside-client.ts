import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = join(import.meta.dirname, 'outside-mcp-client.ts');

export type OutsideTarget =
  | { readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    };

export type OutsideQuestion =
  'list' | 'call' | 'startTask' | 'getTask' | 'cancelTask' | 'taskResult';

export interface OutsideClient {
  /** @throws Error with the `code` of a protocol error */
  ask<Answer>(question: OutsideQuestion, argument?: unknown): Promise<Answer>;
  close(): Promise<void>;
  /** As the kernel does it. */
  kill(): Promise<void>;
}

interface Reply {
  readonly id?: number;
  readonly ready?: boolean;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code?: number };
}

/** Starts `outside-mcp-client.ts` against a server; ready when the two have shaken hands. */
export async function startOutsideClient(
  era: 'legacy' | 'modern',
  target: OutsideTarget,
): Promise<OutsideClient> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify({ era, ...target })], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const ready = Promise.withResolvers<void>();
  child.once('exit', (code, signal) => {
    const ended = new Error(`The client ended (${signal ?? code}): ${said}`);
    ready.reject(ended);
    for (const { reject } of waiting.values()) reject(ended);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id = -1, ready: isReady, value, error } = JSON.parse(line) as Reply;
    if (isReady === true) ready.resolve();
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(Object.assign(new Error(error.message), { code: error.code }));
  });
  await ready.promise;
  let asked = 0;
  const gone = async (end: () => void): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    end();
    await exit;
  };
  return {
    ask<Answer>(question: OutsideQuestion, argument?: unknown) {
      const id = ++asked;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(id, answer);
      child.stdin.write(`${JSON.stringify({ id, ask: question, argument })}\n`);
      return answer.promise as Promise<Answer>;
    },
    close: () => gone(() => child.stdin.end()),
    kill: () => gone(() => child.kill('SIGKILL')),
  };
}
