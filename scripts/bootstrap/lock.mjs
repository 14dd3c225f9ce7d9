import {
  linkSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

const BEAT_MS = 5_000;
/** A holder on another machine cannot be asked whether it lives; one that stopped beating is gone. */
const DEAD_AFTER_MS = 60_000;
const POLL_MS = 200;

/**
 * Takes a lock that several processes share through a file, waiting while another holds it. A
 * lock whose holder has died is taken over.
 *
 * @param {string} file
 * @param {{ signal?: AbortSignal, onWait?: (holder: string) => void }} [options]
 * @returns {Promise<() => void>} gives the lock back; safe to call twice
 */
export async function takeLock(file, { signal, onWait } = {}) {
  const token = `${hostname()} ${process.pid} ${Date.now()} ${Math.random()}`;
  let told = false;
  while (!create(file, token)) {
    signal?.throwIfAborted();
    const held = read(file);
    if (held && isDead(held)) remove(file, held.token);
    else if (held) {
      if (!told) onWait?.(`process ${held.token.split(' ')[1]} on ${held.token.split(' ')[0]}`);
      told = true;
      await wait(POLL_MS, undefined, signal ? { signal } : {});
    }
  }
  const beat = setInterval(() => touch(file), BEAT_MS);
  beat.unref();
  return () => {
    clearInterval(beat);
    if (read(file)?.token === token) unlinkSync(file);
  };
}

/**
 * Linking a complete file makes the lock and its holder's name visible in one step.
 *
 * @param {string} file
 * @param {string} token
 */
function create(file, token) {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, token);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return false;
  } finally {
    unlinkSync(draft);
  }
}

/** @param {string} file */
function read(file) {
  try {
    return { token: readFileSync(file, 'utf8'), beatMs: statSync(file).mtimeMs };
  } catch {
    return undefined;
  }
}

/** @param {{ token: string, beatMs: number }} held */
function isDead({ token, beatMs }) {
  const [host, pid] = token.split(' ');
  if (Date.now() - beatMs > DEAD_AFTER_MS) return true;
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

/**
 * Removes a dead holder's lock and no other: a second process may have taken it over meanwhile.
 *
 * @param {string} file
 * @param {string} token
 */
function remove(file, token) {
  const aside = `${file}.${process.pid}.dead`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (readFileSync(aside, 'utf8') === token) unlinkSync(aside);
  else renameSync(aside, file);
}

/** @param {string} file */
function touch(file) {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Somebody removed the cache; there is nothing left to guard.
  }
}
