// Proves the process that has everything in it: it starts from nothing, says what is wrong where it
// cannot, and leaves nothing behind. Real processes, real Temporal, real MCP servers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, inspectEngine, startAgent } from '../../client/index.ts';
import { SEARCH_ATTRIBUTE_TYPE } from '../../common/names.ts';
import { freePort } from '../support/free-port.ts';
import { startPostgres } from '../support/postgres.ts';
import type { StandaloneProcess } from '../support/standalone.ts';
import { startStandaloneProcess, WHOLE_PROCESS_TIMEOUT_MS } from '../support/standalone.ts';
import { connectTo, startTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FILESYSTEM = join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js');

let dir: string;
let running: StandaloneProcess | null = null;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-standalone-'));
});

afterEach(async () => {
  await running?.stop();
  running = null;
  await rm(dir, { recursive: true, force: true });
});

async function serversFile(mcpServers: object): Promise<string> {
  const file = join(dir, 'servers.json');
  await writeFile(file, JSON.stringify({ mcpServers }));
  return file;
}

/** Ends by itself: with a complaint. */
async function startExpectingFailure(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly errors: string }> {
  const child = spawn(
    process.execPath,
    [join(ROOT, 'workers', 'standalone.ts'), '--data-dir', join(dir, 'data'), ...args],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, errors };
}

/** Processes whose command line names the test's folder. */
async function processesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(folder)) found.push(`${pid} ${command.replaceAll('\0', ' ')}`);
  }
  return found;
}

describe('the standalone process', { timeout: WHOLE_PROCESS_TIMEOUT_MS }, () => {
  it('SIGHUP → the files of providers, breakers, limits and policies are read again, and it runs on', async () => {
    const file = (name: string) => join(dir, `${name}.yaml`);
    const write = (name: string, text: string) => writeFile(file(name), text);
    const providers = (model: string) =>
      write('providers', `providers: [{ name: one, dialect: ollama, models: [${model}] }]`);
    await providers('first');
    await write('breakers', 'targets: {}');
    await write('limits', 'default: {}');
    await write('policies', 'default: {}');
    running = await startStandaloneProcess({
      dataDir: join(dir, 'data'),
      serversFile: await serversFile({
        files: { command: process.execPath, args: [FILESYSTEM, dir] },
      }),
      env: {
        OSTINATO_PROVIDERS_FILE: file('providers'),
        OSTINATO_BREAKERS_FILE: file('breakers'),
        OSTINATO_LIMITS_FILE: file('limits'),
        OSTINATO_POLICY_FILE: file('policies'),
        OSTINATO_LOG_LEVEL: 'info',
      },
    });
    const { pid, output } = running;
    const says = (what: string) => waitFor(what, () => output().includes(what));
    const names = ['providers', 'breakers', 'limits', 'policy'].map((name) => `the ${name} file`);
    process.kill(pid, 'SIGHUP');
    for (const name of names) await says(`${name} was read again: nothing in it has changed`);
    await write('providers', 'wrong: [');
    await write('breakers', 'targets: { mcp/x: { slow: 1 } }');
    await write('limits', 'default: { maxInFlight: 0 }');
    await write('policies', 'everything: no');
    process.kill(pid, 'SIGHUP');
    for (const name of names) await says(`${name} is wrong: the old one holds`);
    await providers('second');
    await write('breakers', 'targets: { mcp/files: { slowMs: 5000 } }');
    await write('limits', 'default: { maxInFlight: 3 }');
    await write('policies', "default: { approvals: [{ tool: 'files/*' }] }");
    process.kill(pid, 'SIGHUP');
    for (const name of names) await says(`${name} has changed, and holds from now on`);
    await says('one/second');
    const { apiUrl } = running;
    const ask = async (path: string, init?: RequestInit) =>
      (await (await fetch(`${apiUrl}/v1/${path}`, init)).json()) as Record<string, unknown>;
    expect(await ask('breakers/mcp/files')).toMatchObject({ settings: { slowMs: 5_000 } });
    const steps = [{ id: 'look', tool: 'files/list_directory', args: { path: dir } }];
    const { runId } = await ask('runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ plan: { steps } }),
    });
    await waitFor('the call to wait for a person', async () => {
      const { pending } = (await ask('approvals')) as { pending: { runId: string }[] };
      return pending.some((one) => one.runId === runId);
    });
    expect(await running.stop()).toBe(0);
  });

  it('started with a server → an agent runs on it; stopped → nothing is left', async () => {
    await writeFile(join(dir, 'note.txt'), 'the pot is under the bed');
    running = await startStandaloneProcess({
      dataDir: join(dir, 'data'),
      serversFile: await serversFile({
        files: { command: process.execPath, args: [FILESYSTEM, dir], trustAnnotations: true },
        broken: { command: 'no-such-command-here' },
      }),
    });
    const health = (await (await fetch(`${running.apiUrl}/health`)).json()) as {
      components: { name: string; state: string; problem: string | null }[];
    };
    const state = Object.fromEntries(health.components.map((one) => [one.name, one.state]));
    expect(state).toMatchObject({
      temporal: 'ok',
      workers: 'ok',
      database: 'ok',
      'mcp:files': 'ok',
    });
    const broken = health.components.find(({ name }) => name === 'mcp:broken');
    expect(broken?.state).toBe('down');
    expect(broken?.problem).toContain('no-such-command-here');

    const ostinato = await connect({ address: running.temporalAddress });
    const run = await startAgent(ostinato, { goal: `Read the file ${join(dir, 'note.txt')}` });
    const result = await run.result();
    await ostinato.close();
    expect(result.outcome).toBe('answered');
    expect(result.outcome === 'answered' ? result.answer : '').toContain('under the bed');
    expect(result.planner?.kind).toBe('offline');

    expect((await processesOf(dir)).length).toBeGreaterThan(1);
    expect(await running.stop()).toBe(0);
    expect(await processesOf(dir)).toEqual([]);
    expect(existsSync(join(dir, 'data', 'dev.json'))).toBe(false);
  });

  it('started again on the same folder → its servers and tools are still there', async () => {
    const file = await serversFile({
      files: { command: process.execPath, args: [FILESYSTEM, dir] },
    });
    const first = await startStandaloneProcess({ dataDir: join(dir, 'data'), serversFile: file });
    await first.stop();
    running = await startStandaloneProcess({ dataDir: join(dir, 'data') });
    const { tools } = (await (await fetch(`${running.apiUrl}/v1/tools`)).json()) as {
      tools: { id: string }[];
    };
    expect(tools.map(({ id }) => id)).toContain('files/read_text_file');
  });

  it('DATABASE_URL → the registry is in PostgreSQL, and nothing is kept in PGlite', async () => {
    const postgres = await startPostgres();
    try {
      running = await startStandaloneProcess({
        dataDir: join(dir, 'data'),
        serversFile: await serversFile({
          files: { command: process.execPath, args: [FILESYSTEM, dir] },
        }),
        env: { DATABASE_URL: postgres.url },
      });
      const { components } = (await (await fetch(`${running.apiUrl}/health`)).json()) as {
        components: { name: string; state: string; detail: string }[];
      };
      const database = components.find(({ name }) => name === 'database');
      expect(database).toMatchObject({ state: 'ok', detail: 'PostgreSQL' });
      const { tools } = (await (await fetch(`${running.apiUrl}/v1/tools`)).json()) as {
        tools: { id: string }[];
      };
      expect(tools.map(({ id }) => id)).toContain('files/read_text_file');
      expect(existsSync(join(dir, 'data', 'database'))).toBe(false);
    } finally {
      await running?.stop();
      await postgres.stop();
    }
  });

  it('a Temporal of somebody else, without what runs need → registered, and runs start', async () => {
    const temporal = await startTemporal();
    const ostinato = await connectTo(temporal.address);
    try {
      const { operatorService } = ostinato.temporal.connection;
      const searchAttributes = Object.keys(SEARCH_ATTRIBUTE_TYPE);
      await operatorService.removeSearchAttributes({ namespace: 'default', searchAttributes });
      expect((await inspectEngine(ostinato)).missingSearchAttributes).toEqual(searchAttributes);
      running = await startStandaloneProcess({
        dataDir: join(dir, 'data'),
        temporalAddress: temporal.address,
      });
      expect((await inspectEngine(ostinato)).missingSearchAttributes).toEqual([]);
      const run = await startAgent(ostinato, { goal: 'Do something that no tool does' });
      expect(await run.result()).toMatchObject({ planner: { kind: 'offline' } });
    } finally {
      await running?.stop();
      await ostinato.close();
      await temporal.stop();
    }
  });

  it('a port in use → says which, and how to choose another', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const { code, errors } = await startExpectingFailure(['--port', String(port)]);
    holder.close();
    expect(code).toBe(1);
    expect(errors).toContain(`Port ${port} for the HTTP API is in use`);
    expect(errors).toContain('--port');
    expect(errors).not.toContain('    at ');
  });

  it('a servers file with an error → the file, line and field', async () => {
    const file = join(dir, 'servers.json');
    await writeFile(file, '{\n  "mcpServers": {\n    "x": { "args": ["y"] }\n  }\n}\n');
    const { code, errors } = await startExpectingFailure(['--port', '0', '--servers', file]);
    expect(code).toBe(1);
    expect(errors).toContain('servers.json');
    expect(errors).toMatch(/line 3|:3:/);
    expect(errors).not.toContain('    at ');
  });

  it('a data folder that is a file → named, with what to do', async () => {
    const file = join(dir, 'a-file');
    await writeFile(file, '');
    const { code, errors } = await startExpectingFailure(['--port', '0', '--data-dir', file]);
    expect(code).toBe(1);
    expect(errors).toContain(`State cannot be kept in ${file} (ENOTDIR: ${file} is a file)`);
    expect(errors).toContain('--data-dir');
    expect(errors).not.toContain('    at ');
  });

  it('a servers file that is not there → named', async () => {
    const { code, errors } = await startExpectingFailure(['--port', '0', '--servers', 'nope.json']);
    expect(code).toBe(1);
    expect(errors).toMatch(/nope\.json cannot be read: there is no such file/);
  });

  it('Temporal not reachable → says where, and what to do', async () => {
    const { code, errors } = await startExpectingFailure(['--port', '0'], {
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
    expect(code).toBe(1);
    expect(errors).toContain('127.0.0.1:1');
    expect(errors).not.toContain('    at ');
  });

  it('open to others without a key → refused', async () => {
    const { code, errors } = await startExpectingFailure([], { OSTINATO_HOST: '0.0.0.0' });
    expect(code).toBe(1);
    expect(errors).toContain('OSTINATO_API_KEY');
  });
});

describe('how it ends', () => {
  const dataDir = () => join(dir, 'data');
  const temporalPid = async () =>
    Number(await readFile(join(dataDir(), 'temporal.db.pid'), 'utf8'));
  const isGone = (pid: number) => !existsSync(`/proc/${pid}`);

  it('killed, and started again on the same port → what it left there is stopped first', async () => {
    const temporalPort = await freePort();
    running = await startStandaloneProcess({ dataDir: dataDir(), temporalPort });
    const left = await temporalPid();
    await running.kill();
    expect(isGone(left)).toBe(false);
    running = await startStandaloneProcess({ dataDir: dataDir(), temporalPort });
    expect(isGone(left)).toBe(true);
  });

  it('asked to end by each that passes it on, as where a group of processes ends → in order, once', async () => {
    running = await startStandaloneProcess({ dataDir: dataDir() });
    const temporal = await temporalPid();
    process.kill(running.pid, 'SIGTERM');
    process.kill(running.pid, 'SIGTERM');
    expect(await running.stop()).toBe(0);
    expect(isGone(temporal)).toBe(true);
    expect(existsSync(join(dataDir(), 'dev.json'))).toBe(false);
  });

  it('Ctrl-C twice → at once, and its Temporal ends with it', async () => {
    running = await startStandaloneProcess({ dataDir: dataDir() });
    const temporal = await temporalPid();
    const { pid } = running;
    process.kill(pid, 'SIGINT');
    process.kill(pid, 'SIGINT');
    await waitFor('the process to be gone', () => isGone(pid));
    await waitFor('its Temporal to be gone', () => isGone(temporal));
  });
});
