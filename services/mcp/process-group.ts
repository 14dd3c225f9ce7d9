import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 15;

/** Leaders of the groups that are to die with this process, however it ends. */
const leaders = new Set<number>();

function killAll(): void {
  for (const pid of leaders) signalGroup(pid, 'SIGKILL');
}

/** To be called for each child that was started `detached`, which makes it the leader of a group. */
export function adoptGroup(pid: number): void {
  if (leaders.size === 0) process.on('exit', killAll);
  leaders.add(pid);
}

function releaseGroup(pid: number): void {
  leaders.delete(pid);
  if (leaders.size === 0) process.off('exit', killAll);
}

/** `false`: no process of the group is left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Ends a child and everything it started: the input is closed; after `graceMs` the group gets
 * SIGTERM, after `graceMs` more SIGKILL. Resolves when none is left.
 */
export async function stopGroup(child: ChildProcess, graceMs: number): Promise<void> {
  const pid = child.pid;
  if (pid === undefined) return;
  child.stdin?.end();
  const leaderGone = await waitUntil(() => hasExited(child), graceMs);
  if (!leaderGone || signalGroup(pid, 0)) {
    signalGroup(pid, 'SIGTERM');
    if (!(await waitUntil(() => !signalGroup(pid, 0), graceMs))) {
      signalGroup(pid, 'SIGKILL');
      await waitUntil(() => hasExited(child), graceMs);
    }
  }
  releaseGroup(pid);
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function waitUntil(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}
