import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * @typedef {object} Running
 * @property {number} pid
 * @property {string} command
 * @property {number} ports that it listens on
 * @property {number} handles that it holds open
 */

/**
 * Processes of this machine whose command line or folder has one of the marks, but not this one.
 * Nothing where there is no /proc.
 *
 * @param {readonly string[]} marks
 * @returns {Running[]}
 */
export function markedProcesses(marks) {
  const listening = listeningSockets();
  return pids().flatMap((pid) => {
    const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.replaceAll(
      '\0',
      ' ',
    );
    if (!command || pid === process.pid) return [];
    const folder = attempt(() => readlinkSync(`/proc/${pid}/cwd`)) ?? '';
    if (!marks.some((mark) => command.includes(mark) || folder.startsWith(mark))) return [];
    const handles = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
    const ports = handles.filter((fd) => {
      const target = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '';
      return listening.has(target);
    });
    return [{ pid, command: command.trim(), ports: ports.length, handles: handles.length }];
  });
}

/**
 * Marked processes that were not there before; those that are about to end are given the time.
 *
 * @param {readonly string[]} marks
 * @param {readonly Running[]} before
 * @param {number} patienceMs
 */
export async function leftovers(marks, before, patienceMs) {
  const known = new Set(before.map(({ pid }) => pid));
  const until = Date.now() + patienceMs;
  for (;;) {
    const left = markedProcesses(marks).filter(({ pid }) => !known.has(pid));
    if (left.length === 0 || Date.now() > until) return left;
    await pause(100);
  }
}

function pids() {
  const names = attempt(() => readdirSync('/proc')) ?? [];
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** As `/proc/PID/fd` names them. */
function listeningSockets() {
  const sockets = new Set();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (attempt(() => readFileSync(table, 'utf8')) ?? '').split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[3] === '0A') sockets.add(`socket:[${columns[9]}]`);
    }
  }
  return sockets;
}

/**
 * Processes come and go while they are looked at.
 *
 * @template Value
 * @param {() => Value} read
 */
function attempt(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}
