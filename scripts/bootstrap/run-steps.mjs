import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from './lock.mjs';
import { stepContext } from './step-context.mjs';
import { StepError } from './step-error.mjs';

/** What the file system says of a cache directory that will not do. */
const UNUSABLE_PLACE = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST'];

/**
 * @typedef {import('./steps.mjs').Step} Step
 *
 * @typedef {object} StepResult
 * @property {string} name
 * @property {'ready' | 'made' | 'warning' | 'failed' | 'skipped'} outcome
 * @property {string} detail
 * @property {number} seconds
 * @property {string} [remedy]
 * @property {string} [log]
 * @property {string} [tail] last lines of the log
 *
 * @typedef {object} Reporter
 * @property {(name: string, doing: string) => void} progress
 * @property {(result: StepResult) => void} done
 *
 * @typedef {import('./step-context.mjs').Places & {
 *   reporter: Reporter, signal?: AbortSignal,
 * }} RunOptions
 */

/**
 * Runs steps as early as their needs allow. What is there already is found without the lock; one
 * process at a time makes what is missing.
 *
 * @param {readonly Step[]} steps
 * @param {RunOptions} options
 * @returns {Promise<StepResult[]>} in the order of `steps`
 */
export async function runSteps(steps, options) {
  const lock = sharedLock(options);
  /** @type {Map<string, Promise<StepResult>>} */
  const running = new Map();
  for (const step of steps) {
    const needs = step.needs.flatMap((name) => running.get(name) ?? []);
    const result = Promise.all(needs).then((done) => runStep(step, done, lock.take, options));
    running.set(step.name, result);
  }
  try {
    return await Promise.all(running.values());
  } finally {
    await Promise.allSettled(running.values());
    lock.release();
  }
}

/**
 * @param {Step} step
 * @param {readonly StepResult[]} needs
 * @param {(name: string) => Promise<void>} takeTheLock
 * @param {RunOptions} options
 * @returns {Promise<StepResult>}
 */
async function runStep(step, needs, takeTheLock, { reporter, signal, ...places }) {
  const begun = performance.now();
  const say = (/** @type {string} */ doing) => reporter.progress(step.name, doing);
  const context = stepContext(step.name, places, { say, ...(signal && { signal }) });
  /** @type {(part: Pick<StepResult, 'outcome' | 'detail'> & Partial<StepResult>) => StepResult} */
  const finish = (part) => {
    const seconds = Math.round(performance.now() - begun) / 1000;
    const result = { name: step.name, seconds, ...part };
    reporter.done(result);
    return result;
  };

  const broken = needs.find(({ outcome }) => outcome === 'failed' || outcome === 'skipped');
  if (broken) return finish({ outcome: 'skipped', detail: `needs ${broken.name}` });
  try {
    const ready = await step.check(context);
    if (ready !== undefined) return finish({ outcome: 'ready', detail: ready });
    await takeTheLock(step.name);
    const madeByOther = await step.check(context);
    if (madeByOther !== undefined) return finish({ outcome: 'ready', detail: madeByOther });
    context.startLog();
    await step.make(context);
    const made = await step.check(context);
    if (made !== undefined) return finish({ outcome: 'made', detail: made });
    throw new StepError('It was made, but the check does not find it.', `See ${context.log}.`, {
      log: context.log,
    });
  } catch (error) {
    signal?.throwIfAborted();
    return finish({ outcome: step.essential ? 'failed' : 'warning', ...told(error) });
  } finally {
    context.dispose();
  }
}

/**
 * @param {unknown} error
 * @returns {{ detail: string, remedy: string, log?: string, tail?: string }}
 */
function told(error) {
  if (error instanceof StepError) {
    const { message, remedy, log, tail } = error;
    return { detail: message, remedy, ...(log && { log }), ...(tail && { tail }) };
  }
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  const remedy =
    code !== undefined && UNUSABLE_PLACE.includes(code)
      ? 'Set OSTINATO_CACHE_DIR to a directory that you may write to, with 2 GB free.'
      : 'This is a fault of the bootstrap; please report it.';
  return { detail: message, remedy };
}

/**
 * The lock, taken when the first step needs it and held until all are done.
 *
 * @param {RunOptions} options
 */
function sharedLock({ cache, signal, reporter }) {
  /** @type {Promise<() => void> | undefined} */
  let held;
  let release = () => {};
  return {
    async take(/** @type {string} */ name) {
      held ??= lockCache(cache, signal, (holder) =>
        reporter.progress(name, `waiting for another bootstrap (${holder})`),
      );
      release = await held;
    },
    release: () => release(),
  };
}

/**
 * @param {string} cache
 * @param {AbortSignal | undefined} signal
 * @param {(holder: string) => void} onWait
 */
async function lockCache(cache, signal, onWait) {
  mkdirSync(cache, { recursive: true });
  const release = await takeLock(join(cache, 'bootstrap.lock'), {
    onWait,
    ...(signal && { signal }),
  });
  // Whoever left something here was killed: it held the lock that is now ours.
  rmSync(join(cache, 'tmp'), { recursive: true, force: true });
  return release;
}
