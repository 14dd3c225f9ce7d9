// The main job, from nothing: starts Ostinato and six MCP servers over four transports, runs an
// agent on this repository's own files, shows it live, and stops all it started.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { summarise } from './summarise.ts';
import type { StartedProcess } from './start-process.ts';
import { startProcess } from './start-process.ts';

const HELP = `Usage: npm run demo [-- OPTIONS]

Starts Ostinato with real MCP servers, runs an agent on this repository's files and shows it live.

  --json FILE   also write the figures of the run to FILE
  --keep        leave the services up; Ctrl-C stops them
  --goal TEXT   another goal
  --help        this text

Examples:
  npm run demo
  npm run demo -- --keep
  npm run demo -- --json demo.json
`;

const { values: flags } = parseArgs({
  options: {
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
    goal: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const CLI = 'client/cli/main.ts';
const EVERYTHING = 'node_modules/@modelcontextprotocol/server-everything/dist/index.js';

interface Ready {
  readonly apiUrl: string;
  readonly temporalAddress: string;
  readonly uiUrl: string | null;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}

/** The servers of `examples/servers.json`, and three that are reached over the network. */
async function startServers(dir: string, started: StartedProcess[]): Promise<string> {
  const [httpPort, ssePort] = [await freePort(), await freePort()];
  const http = startProcess('everything (HTTP)', [EVERYTHING, 'streamableHttp'], {
    PORT: String(httpPort),
  });
  const sse = startProcess('everything (SSE)', [EVERYTHING, 'sse'], { PORT: String(ssePort) });
  const desk = startProcess('desk-tools', ['examples/servers/desk-tools.ts', '--port', '0']);
  started.push(http, sse, desk);
  const [, deskUrl] = await desk.waitForLine(/(ws:\/\/\S+)/);
  await Promise.all([
    http.waitForLine(/listening|running/i),
    sse.waitForLine(/listening|running/i),
  ]);
  const given = JSON.parse(await readFile('examples/servers.json', 'utf8')) as {
    mcpServers: Record<string, object>;
  };
  const servers = {
    ...given.mcpServers,
    'everything-http': { url: `http://127.0.0.1:${httpPort}/mcp`, trustAnnotations: true },
    'everything-sse': {
      url: `http://127.0.0.1:${ssePort}/sse`,
      type: 'sse',
      trustAnnotations: true,
    },
    desk: { url: deskUrl, trustAnnotations: true },
  };
  const file = join(dir, 'servers.json');
  await writeFile(file, JSON.stringify({ mcpServers: servers }, null, 2));
  return file;
}

async function startEngine(dir: string, started: StartedProcess[]): Promise<Ready> {
  const serversFile = await startServers(dir, started);
  const ports = ['--port', '0', '--temporal-port', '0', '--ui-port', '0'];
  const engine = startProcess(
    'ostinato dev',
    [CLI, 'dev', '--json', '--servers', serversFile, '--data-dir', join(dir, 'data'), ...ports],
    { OSTINATO_MEMORY_FILE: join(dir, 'memory.jsonl') },
  );
  started.push(engine);
  const [line] = await engine.waitForLine(/^\{"ready":.*\}$/);
  await engine.waitForLine(/^\{"serversReady":true\}$/);
  return (JSON.parse(line) as { ready: Ready }).ready;
}

/** The same command that a user types, with the same live view. */
async function runGoal(dataDir: string, goal: string): Promise<number> {
  const child = spawn(process.execPath, [CLI, 'run', '--agent', 'demo', goal], {
    stdio: 'inherit',
    env: { ...process.env, OSTINATO_DATA_DIR: dataDir },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

function interrupted(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve('interrupted'));
    process.once('SIGTERM', () => resolve('interrupted'));
  });
}

async function demo(dir: string, started: StartedProcess[]): Promise<number> {
  const goal = flags.goal ?? (await readFile('examples/demo/goal.txt', 'utf8')).trim();
  const startedAt = Date.now();
  console.log('Starting Temporal, the workers, the API and seven MCP servers …');
  const ready = await startEngine(dir, started);
  const startMs = Date.now() - startedAt;
  console.log(`Ready after ${(startMs / 1000).toFixed(1)} s\n\nGoal:\n${goal}\n`);
  const code = await runGoal(join(dir, 'data'), goal);
  const setupMs = Number(process.env['OSTINATO_SETUP_MS'] ?? 0) + startMs;
  const summary = await summarise(ready, setupMs);
  console.log(
    `\n${summary.toolsIndexed} tools of ${summary.servers} servers over ${summary.transports.join(', ')}; ` +
      `${summary.toolsUsed.length} used.`,
  );
  if (flags.json !== undefined)
    await writeFile(flags.json, `${JSON.stringify(summary, null, 2)}\n`);
  if (flags.keep) {
    console.log(`\nStill up. API ${ready.apiUrl}/docs, Temporal ${ready.uiUrl}. Ctrl-C stops all.`);
    await interrupted();
  }
  return code;
}

async function main(): Promise<number> {
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const dir = await mkdtemp(join(tmpdir(), 'ostinato-demo-'));
  const started: StartedProcess[] = [];
  try {
    const end = flags.keep ? [demo(dir, started)] : [demo(dir, started), interrupted()];
    const code = await Promise.race(end);
    return code === 'interrupted' ? 130 : code;
  } finally {
    for (const process of started.reverse()) await process.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
