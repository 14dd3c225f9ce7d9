import { spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';

const GRACE_MS = 3_000;
const TAIL_LINES = 15;
const TAIL_CHARS = 8_000;

/**
 * @typedef {object} ChildOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [log] file that the child's output is appended to
 * @property {number} [timeoutMs] no limit by default
 * @property {AbortSignal} [signal] ends the child and all it started
 *
 * @typedef {object} ChildResult
 * @property {boolean} ok it ran and exited with 0
 * @property {string} reason why it did not, for example `exit code 2`
 * @property {string} stdout
 * @property {string} tail the last lines of both outputs
 */

/**
 * Runs a command to its end. Never rejects: a command that is missing, fails or runs out of time
 * is a result. Children get a process group of their own, so that nothing they start outlives them.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {ChildOptions} options
 * @returns {Promise<ChildResult>}
 */
export async function runChild(command, args, { cwd, env, log, timeoutMs, signal }) {
  const file = log === undefined ? undefined : openSync(log, 'a');
  const note = (/** @type {string} */ text) => file !== undefined && writeSync(file, text);
  note(`$ ${[command, ...args].join(' ')}\n`);
  const limits = [signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)];
  const stop = AbortSignal.any(limits.filter((limit) => limit !== undefined));

  let stdout = '';
  let output = '';
  const reason = await new Promise((resolve) => {
    if (stop.aborted) return resolve('stopped');
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const endChild = () => killGroup(child.pid);
    stop.addEventListener('abort', endChild, { once: true });
    const keep = (/** @type {string} */ chunk) => {
      output = (output + chunk).slice(-TAIL_CHARS);
      note(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
      keep(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, killedBy) => {
      stop.removeEventListener('abort', endChild);
      if (signal?.aborted) resolve('stopped');
      else if (stop.aborted) resolve(`no end after ${(timeoutMs ?? 0) / 1000} s`);
      else if (killedBy) resolve(`ended by ${killedBy}`);
      else resolve(code === 0 ? '' : `exit code ${code}`);
    });
  });
  if (file !== undefined) closeSync(file);
  return { ok: reason === '', reason, stdout, tail: lastLines(output) };
}

/** @param {number | undefined} pid leader of the group */
function killGroup(pid) {
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS).unref();
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} name
 */
function signalGroup(pid, name) {
  try {
    process.kill(-pid, name);
  } catch {
    // The group has ended by itself.
  }
}

/** @param {string} text */
function lastLines(text) {
  return text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .slice(-TAIL_LINES)
    .join('\n');
}
