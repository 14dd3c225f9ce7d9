// Starts a published MCP server that listens on a port, and waits until it does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { serverProgram } from './fake-mcp-target.ts';
import { freePort } from './free-port.ts';

export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  close(): Promise<void>;
}

/** `server-everything` over the network. */
export async function startEverything(
  mode: 'streamableHttp' | 'sse',
  onPort?: number,
): Promise<ServerProcess> {
  const port = onPort ?? (await freePort());
  const child = spawn(process.execPath, [serverProgram('everything'), mode], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines = createInterface({ input: child.stderr });
  for await (const line of lines) if (/on port/.test(line)) break;
  child.stderr.resume();
  if (child.pid === undefined) throw new Error('server-everything did not start.');
  return {
    port,
    pid: child.pid,
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
