import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { delimiter } from 'node:path';
import { ROOT } from './bootstrap.mjs';
import { pinnedNode } from './bootstrap/step-context.mjs';

/** What a shell reports for a process that was killed. */
const SIGNAL_EXIT_BASE = 128;
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/**
 * Runs the pinned Node in the foreground until it ends: it has this terminal, gets the signals
 * that come here, and finds itself as `node` on PATH.
 *
 * @param {readonly string[]} args a script of the checkout and its arguments
 * @param {NodeJS.ProcessEnv} [env] added to the environment
 * @param {import('node:child_process').StdioOptions} [stdio]
 * @returns {Promise<number>} its exit code
 */
export function runPinned(args, env = {}, stdio = 'inherit') {
  const node = pinnedNode(ROOT);
  const path = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter);
  const child = spawn(node, args, {
    cwd: ROOT,
    stdio,
    env: { ...process.env, ...env, PATH: path },
  });
  // The terminal sends Ctrl-C to the child itself; here it only must not end the wait.
  const ignore = () => {};
  const pass = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      process.off('SIGINT', ignore).off('SIGTERM', pass);
      const number = NUMBERS[/** @type {keyof typeof NUMBERS} */ (killedBy)] ?? 0;
      resolve(code ?? SIGNAL_EXIT_BASE + number);
    });
  });
}
