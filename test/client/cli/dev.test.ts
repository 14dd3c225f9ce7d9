// Proves the commands together, as a new user types them: `ostinato dev` with real MCP servers, and
// against it run, runs, servers, tools and doctor; then Ctrl-C, after which nothing is left.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDetail } from '../../../client/index.ts';
import { CACHE_DIR } from '../../support/cache-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const COMMAND = join(ROOT, 'client', 'cli', 'ostinato.mjs');
const everything = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const memory = join(ROOT, 'node_modules/@modelcontextprotocol/server-memory/dist/index.js');

let folder: string;
let dev: Command;

interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  out(): string;
  err(): string;
}

function start(args: readonly string[]): Command {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    // No provider: what is planned here must not depend on the keys of the machine.
    env: { PATH, HOME, OSTINATO_CACHE_DIR: CACHE_DIR, OLLAMA_HOST: '127.0.0.1:1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, out: () => out, err: () => err };
}

async function ostinato(
  ...args: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const command = start(args);
  const code = await command.ended;
  return { code, out: command.out(), err: command.err() };
}

async function file(name: string, content: string | object): Promise<string> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(join(folder, name), text);
  return name;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostinato-dev-'));
  await file('servers.json', {
    mcpServers: {
      all: { command: process.execPath, args: [everything, 'stdio'], effects: { '*': 'read' } },
      broken: { command: 'no-such-command-here' },
    },
  });
  dev = start(['dev', '--port', '0', '--temporal-port', '0', '--ui-port', '0']);
  await waitFor(
    'ostinato dev to have asked its servers',
    () => {
      if (dev.child.exitCode !== null) throw new Error(dev.err());
      return dev.out().includes('All servers were asked');
    },
    100_000,
  );
});

afterAll(async () => {
  if (dev.child.exitCode === null) dev.child.kill('SIGINT');
  await dev.ended;
  await rm(folder, { recursive: true });
});

const SLOW = `
steps:
  - id: slow
    tool: all/trigger-long-running-operation
    args: { duration: 60, steps: 120 }
  - id: sum
    tool: all/get-sum
    args: { a: 2, b: 40 }
`;
const QUICK = `
steps:
  - {id: one, tool: all/get-sum, args: {a: 1, b: 2}}
  - {id: two, tool: all/get-sum, args: {a: 3, b: 4}}
  - {id: both, tool: all/echo, args: {message: "\${one.$text} \${two.$text}"}}
`;

describe('ostinato dev', () => {
  it('once it is up → says where everything is, and other commands find it', async () => {
    expect(dev.out()).toMatch(/API +http:\/\/127\.0\.0\.1:\d+/);
    expect(dev.out()).toMatch(/Temporal UI +http:\/\/127\.0\.0\.1:\d+/);
    const { code, out } = await ostinato('doctor');
    expect(out).toMatch(/✔ temporal .*\n✔ workers .*\n✔ api /);
    expect(out).toMatch(/✖ mcp:broken .*no-such-command-here/);
    expect([code, out.trimEnd().split('\n').at(-1)]).toEqual([
      0,
      expect.stringContaining('Runs work.'),
    ]);
  });
});

describe('run and runs', () => {
  it('a plan → its steps line by line without escape codes, what ran in parallel, links; 0', async () => {
    const { code, out, err } = await ostinato('run', '--plan', await file('quick.yaml', QUICK));
    expect([code, err]).toEqual([0, '']);
    expect(out).not.toContain('\u001b');
    expect(out).toContain('✔ both  all/echo  done in ');
    expect(out).toContain('Completed: every step is done.');
    expect(out).toMatch(/In parallel {2}one \+ two/);
    const runId = /^Run +(\S+)$/m.exec(out)?.[1] ?? '';
    expect(out).toContain(`/v1/runs/${runId}`);
    const shown = await ostinato('runs', 'show', runId);
    expect(shown.out).toContain('└─ ✔ both');
    const listed = await ostinato('runs', 'list', '--json');
    expect(JSON.parse(listed.out)).toMatchObject([{ runId, outcome: 'completed' }]);
  });

  it('a goal without a model → the offline planner says that it is one; --json is one document', async () => {
    const { code, out } = await ostinato('run', 'Add 2 and 3', '--json', '--run-id', 'goal-1');
    const run = JSON.parse(out) as RunDetail;
    expect(code).toBe(0);
    expect(run.result).toMatchObject({ outcome: 'answered', planner: { kind: 'offline' } });
    const missing = await ostinato('run', 'paint the moon');
    expect([missing.code, missing.out]).toEqual([1, expect.stringContaining('needs to know more')]);
  });

  it('a plan with a tool that does not exist → every problem, and 1', async () => {
    const path = await file('typo.yaml', 'steps:\n  - {id: a, tool: all/get-sm, args: {a: 1}}\n');
    const { code, out } = await ostinato('run', '--plan', path);
    expect([code, out]).toEqual([1, expect.stringContaining('"all/get-sum"')]);
  });

  it('Ctrl-C → the run is asked to end, and ends as cancelled; 1', async () => {
    const path = await file('slow.yaml', SLOW);
    const command = start(['run', '--plan', path, '--run-id', 'interrupted']);
    await waitFor('the sum', () => command.out().includes('✔ sum'));
    command.child.kill('SIGINT');
    expect(await command.ended).toBe(1);
    expect(command.out()).toContain('Cancelled. Cancelled from the terminal.');
  });

  it('detach, watch from elsewhere, cancel → the watcher sees the end; JSON lines', async () => {
    const path = await file('slow.yaml', SLOW);
    const detached = await ostinato('run', '--plan', path, '--run-id', 'watched', '--detach');
    expect([detached.code, detached.out]).toEqual([
      0,
      expect.stringContaining('runs watch watched'),
    ]);
    const watcher = start(['runs', 'watch', 'watched', '--json']);
    await waitFor('an event', () => watcher.out().includes('"running"'));
    const cancelled = await ostinato('runs', 'cancel', 'watched', '--reason', 'enough');
    expect(cancelled.code).toBe(0);
    expect(await watcher.ended).toBe(1);
    const events = watcher
      .out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events.at(-1)).toMatchObject({
      kind: 'ended',
      run: { result: { outcome: 'cancelled', reason: 'enough' } },
    });
    expect((await ostinato('runs', 'cancel', 'watched')).code).toBe(1);
  });

  it('Ctrl-C while watching → only the watching ends', async () => {
    const path = await file('slow.yaml', SLOW);
    await ostinato('run', '--plan', path, '--run-id', 'left', '--detach');
    const watcher = start(['runs', 'watch', 'left']);
    await waitFor('the sum', () => watcher.out().includes('✔ sum'));
    watcher.child.kill('SIGINT');
    expect([await watcher.ended, watcher.err()]).toEqual([0, 'Run left goes on.\n']);
    expect(watcher.out()).not.toContain('{');
    const { out } = await ostinato('runs', 'list', '--status', 'running', '--json');
    expect(JSON.parse(out)).toMatchObject([{ runId: 'left' }]);
    await ostinato('runs', 'cancel', 'left');
  });
});

describe('servers and tools', () => {
  it('isolate and release a server → by whom and why it is held, then that it is not', async () => {
    const isolated = await ostinato('breakers', 'isolate', 'mcp/broken', '--reason', 'a move');
    expect([isolated.code, isolated.err]).toEqual([0, '']);
    expect(isolated.out).toMatch(/isolated by .*: a move/);
    const released = await ostinato('breakers', 'release', 'mcp/broken');
    expect([released.code, released.err]).toEqual([0, '']);
    expect(released.out).toContain('mcp/broken is ');
    expect(released.out).not.toContain('isolated by');
  });

  it('add, test, refresh, remove a server → its tools come and go', async () => {
    const added = await ostinato('servers', 'add', 'memory', '--', process.execPath, memory);
    expect([added.code, added.out]).toEqual([
      0,
      expect.stringMatching(/✔ memory {2}\d+ tools added/),
    ]);
    const tested = await ostinato('servers', 'test', 'memory');
    expect([tested.code, tested.out]).toEqual([0, expect.stringContaining('read_graph')]);
    const refreshed = await ostinato('servers', 'refresh', 'memory');
    expect(refreshed.out).toBe('✔ memory  nothing changed\n');
    const { out } = await ostinato('tools', 'list', '--server', 'memory', '--json');
    expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ id: 'memory/read_graph' }));
    expect((await ostinato('servers', 'remove', 'memory')).code).toBe(0);
    const gone = await ostinato('tools', 'list', '--server', 'memory');
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('no server "memory"')]);
  });

  it('a wrong servers file → 2, with its own lines and fields', async () => {
    const path = await file('wrong.json', '{\n  "mcpServers": {\n    "x": {"comand": "y"}\n  }\n}');
    const { code, err } = await ostinato('servers', 'add', '--file', path);
    expect(code).toBe(2);
    expect(err).toMatch(/wrong\.json.*\n.*line 3, column \d+: mcpServers\.x/);
  });

  it('search and call → the tool and its answer; a mistake names it', async () => {
    const found = await ostinato('tools', 'search', 'add two numbers', '-k', '1');
    expect(found.out).toContain('all/get-sum');
    const called = await ostinato('tools', 'call', 'all/get-sum', 'a=2', 'b=3');
    expect([called.code, called.out]).toEqual([0, 'The sum of 2 and 3 is 5.\n']);
    const missing = await ostinato('tools', 'call', 'all/get-sum', 'a=2');
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('"b" is required')]);
    const typo = await ostinato('tools', 'call', 'all/get-sm');
    expect([typo.code, typo.err]).toEqual([
      1,
      expect.stringContaining('Did you mean "all/get-sum"?'),
    ]);
  });
});

it('Ctrl-C → dev ends with 0 and takes everything with it', async () => {
  const dataFile = join(folder, '.ostinato', 'dev.json');
  await access(dataFile);
  dev.child.kill('SIGINT');
  expect(await dev.ended).toBe(0);
  await expect(access(dataFile)).rejects.toThrow('ENOENT');
  const { code } = await ostinato(
    'servers',
    'list',
    '--api',
    /http:\S+/.exec(dev.out())?.[0] ?? '',
  );
  expect(code).toBe(3);
}, 60_000);

it('who reads what dev prints is gone → it ends, and so does all it started', async () => {
  // A server that is waited for: dev has a line to print when its reader has long gone.
  const slow = { command: 'sleep', args: ['60'], connectTimeoutMs: 3_000 };
  const servers = join(folder, 'slow.json');
  await writeFile(servers, JSON.stringify({ mcpServers: { slow } }));
  const ports = ['--port', '0', '--temporal-port', '0', '--ui-port', '0'];
  const dataDir = join(folder, 'piped');
  const piped = start(['dev', '--data-dir', dataDir, '--servers', servers, ...ports]);
  await waitFor('it to be ready', () => piped.out().includes('is ready'), 100_000);
  const about = await readFile(join(dataDir, 'dev.json'), 'utf8');
  const { pid } = JSON.parse(about) as { pid: number };
  piped.child.stdout?.destroy();
  expect(await piped.ended).toBe(0);
  await waitFor('the process to be gone', () => !existsSync(`/proc/${pid}`), 30_000);
}, 160_000);
