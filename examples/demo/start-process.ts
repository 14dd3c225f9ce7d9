import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program that the demo started, in a process group of its own. */
export interface StartedProcess {
  /** Resolves with the first line of output that `matches`; rejects when the program ends first. */
  waitForLine(matches: RegExp): Promise<RegExpExecArray>;
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 30_000;
const KEPT_LINES = 12;

export function startProcess(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): StartedProcess {
  const child = spawn(process.execPath, [...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      lines.splice(0, lines.length - KEPT_LINES * 10);
      for (const tell of waiting) tell(line);
    });
  }
  return {
    async waitForLine(matches) {
      const ended = once(child, 'exit').then(([code, signal]) => {
        const last = lines.slice(-KEPT_LINES).join('\n');
        throw new Error(`${name} ended (${signal ?? `code ${code}`}):\n${last}`);
      });
      const found = new Promise<RegExpExecArray>((resolve) => {
        const tell = (line: string): void => {
          const match = matches.exec(line);
          if (match !== null) resolve(match);
        };
        lines.forEach(tell);
        waiting.add(tell);
      });
      return Promise.race([found, ended]).finally(() => waiting.clear());
    },
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, STOP_GRACE_MS);
  await gone;
  clearTimeout(timer);
}
