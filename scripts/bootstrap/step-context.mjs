import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './run-child.mjs';
import { StepError } from './step-error.mjs';

/**
 * What a step works with: places, the environment, and children that log to the step's own file
 * and end when the user interrupts.
 *
 * @typedef {object} Places
 * @property {string} root the checkout
 * @property {string} cache see cacheDir
 * @property {NodeJS.ProcessEnv} env
 *
 * @typedef {object} RunOptions
 * @property {string} [cwd] the checkout by default
 * @property {NodeJS.ProcessEnv} [env] added to the environment
 * @property {number} [timeoutMs]
 *
 * @typedef {Places & {
 *   node: string,
 *   log: string,
 *   signal: AbortSignal | undefined,
 *   say: (text: string) => void,
 *   run: (command: string, args: readonly string[], options?: RunOptions)
 *     => Promise<import('./run-child.mjs').ChildResult>,
 *   must: (command: string, args: readonly string[], what: string, remedy: string,
 *     options?: RunOptions) => Promise<string>,
 *   tempDir: () => string,
 *   startLog: () => void,
 *   dispose: () => void,
 * }} StepContext
 */

/**
 * @param {string} name of the step
 * @param {Places} places
 * @param {{ signal?: AbortSignal, say?: (text: string) => void }} [options] `say` is told what a
 *   long step is doing at the moment
 * @returns {StepContext} `node` is the pinned Node; `must` gives the command's standard output or
 *   throws the StepError "`what`: reason"; directories made by `tempDir` lie in the cache and live
 *   until `dispose`; nothing is logged before `startLog`, which empties the log
 */
export function stepContext(name, { root, cache, env }, { signal, say = () => {} } = {}) {
  const log = join(cache, 'log', `${name}.log`);
  /** @type {string[]} */
  const temporary = [];
  let logs = false;

  /** @type {StepContext['run']} */
  function run(command, args, options = {}) {
    return runChild(command, args, {
      cwd: root,
      ...options,
      env: { ...env, ...options.env },
      ...(logs && { log }),
      ...(signal && { signal }),
    });
  }

  return {
    root,
    cache,
    env,
    node: pinnedNode(root),
    log,
    signal,
    say,
    run,
    async must(command, args, what, remedy, options) {
      const result = await run(command, args, options);
      signal?.throwIfAborted();
      if (result.ok) return result.stdout;
      throw new StepError(`${what}: ${result.reason}`, remedy, { log, tail: result.tail });
    },
    tempDir() {
      mkdirSync(join(cache, 'tmp'), { recursive: true });
      const directory = mkdtempSync(join(cache, 'tmp', `${name}-`));
      temporary.push(directory);
      return directory;
    },
    startLog() {
      mkdirSync(join(cache, 'log'), { recursive: true });
      rmSync(log, { force: true });
      logs = true;
    },
    dispose() {
      for (const directory of temporary) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** @param {string} root the checkout */
export function pinnedNode(root) {
  return join(root, 'node_modules', 'node', 'bin', 'node');
}
