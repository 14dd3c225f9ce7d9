import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { SchemaProblem } from './schema-problem.ts';
import type { ValidationReply, ValidationRequest } from './validation-messages.ts';

/** How one request ended: an answer, too much time, or the thread's death (out of memory, a bug). */
export type ThreadEnd =
  | { readonly kind: 'answered'; readonly problems: readonly SchemaProblem[] }
  | { readonly kind: 'overran' }
  | { readonly kind: 'died'; readonly why: string };

/** One thread that judges one request at a time. After `overran` or `died` it is gone. */
export interface ValidationThread {
  /** Resolves once the thread can judge; rejects where it cannot be started. */
  readonly ready: Promise<void>;
  run(request: ValidationRequest, budgetMs: number): Promise<ThreadEnd>;
  end(): Promise<void>;
}

/**
 * The budget is processor time of the thread, so that a busy machine refuses no good schema; the
 * clock on the wall ends it at this multiple all the same.
 */
const WALL_FACTOR = 8;
const MIN_CHECK_MS = 10;
const MEMORY_MB = 128;

const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './validation-worker.ts' : './validation-worker.js',
  import.meta.url,
);

export function startValidationThread(): ValidationThread {
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(ENTRY, {
    workerData: { port: port2 },
    transferList: [port2],
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  const ready = Promise.withResolvers<void>();
  let settle: ((end: ThreadEnd) => void) | null = null;
  let cpuMsAtLastReply = 0;

  const onReply = (reply: ValidationReply): void => {
    cpuMsAtLastReply = reply.cpuMs;
    if (reply.kind === 'ready') ready.resolve();
    else settle?.({ kind: 'answered', problems: reply.problems });
  };
  const onDeath = (why: string): void => {
    ready.reject(new Error(`The validation thread ended: ${why}`));
    settle?.({ kind: 'died', why });
  };
  port.on('message', onReply);
  worker.on('error', (error) => onDeath(describeDeath(error)));
  worker.on('exit', (code) => onDeath(`exit code ${code}`));
  // While it starts, it holds the process; while it judges, its watchdog does; idle, nothing does.
  port.unref();
  ready.promise.then(
    () => worker.unref(),
    () => undefined,
  );

  async function usedMs(): Promise<number> {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1000 - cpuMsAtLastReply;
  }

  /** Ends the run when the budget is used up. @returns what stops the watch. */
  function watch(budgetMs: number): () => void {
    const endAtMs = performance.now() + budgetMs * WALL_FACTOR;
    const check = async (): Promise<void> => {
      // The answer may lie there while this thread was busy with something else.
      const late = receiveMessageOnPort(port) as { readonly message: ValidationReply } | undefined;
      if (late !== undefined) return onReply(late.message);
      const leftMs = performance.now() >= endAtMs ? 0 : budgetMs - (await usedMs());
      if (leftMs <= 0) settle?.({ kind: 'overran' });
      else if (settle !== null) timer = setTimeout(look, Math.max(MIN_CHECK_MS, leftMs));
    };
    // Where the thread cannot be asked, it has died, which `onDeath` reports.
    const look = (): void => void check().catch(() => undefined);
    let timer = setTimeout(look, budgetMs);
    return () => clearTimeout(timer);
  }

  return {
    ready: ready.promise,
    async run(request, budgetMs) {
      const ended = new Promise<ThreadEnd>((resolve) => (settle = resolve));
      const stop = watch(budgetMs);
      try {
        port.postMessage(request);
        return await ended;
      } finally {
        settle = null;
        stop();
      }
    },
    async end() {
      port.close();
      onDeath('it was ended');
      await worker.terminate();
    },
  };
}

function describeDeath(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { readonly code?: unknown };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return `it needed more than ${MEMORY_MB} MB of memory`;
  return error.message;
}
