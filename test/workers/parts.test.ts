// Proves the small parts of the worker process: the Temporal server as a child, ports, the bundle.
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimPort } from '../../workers/claim-port.ts';
import { removeDevFile, writeDevFile } from '../../workers/dev-file.ts';
import { findTemporal } from '../../workers/find-temporal.ts';
import { startTemporalServer } from '../../workers/temporal-server.ts';
import { workflowBundle } from '../../workers/workflow-bundle.ts';
import { CACHE_DIR } from '../support/cache-dir.ts';
import { freePort } from '../support/free-port.ts';
import { startTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-workers-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('startTemporalServer', () => {
  it('a command that does not exist → says so and what to do', async () => {
    const options = {
      command: join(dir, 'nothing'),
      port: await freePort(),
      uiPort: null,
      dbFile: null,
    };
    await expect(startTemporalServer(options)).rejects.toThrow(/ENOENT.*npm run bootstrap/);
  });

  it('a server that ends at once → its last lines are in the error', async () => {
    const script = join(dir, 'broken');
    await writeFile(script, '#!/bin/sh\necho "disk is full" >&2\nexit 3\n', { mode: 0o755 });
    const options = { command: script, port: await freePort(), uiPort: null, dbFile: null };
    await expect(startTemporalServer(options)).rejects.toThrow(/code 3.*disk is full/);
  });

  it('a server left behind on the same file → stopped before the new one starts', async () => {
    const file = join(dir, 'temporal.db');
    const left = await startTemporal(file);
    left.exited.catch(() => undefined);
    expect(Number(await readFile(`${file}.pid`, 'utf8'))).toBe(left.pid);
    const next = await startTemporal(file);
    expect(isAlive(left.pid)).toBe(false);
    await next.stop();
    await expect(stat(`${file}.pid`)).rejects.toThrow('ENOENT');
  });

  it('a pid file that names another program → that program is left alone', async () => {
    const file = join(dir, 'temporal.db');
    await writeFile(`${file}.pid`, `${process.pid}\n`);
    const server = await startTemporal(file);
    expect(isAlive(process.pid)).toBe(true);
    await server.stop();
  });

  it('stopped → the process is gone, and that it ended is told', async () => {
    const server = await startTemporal();
    const told = server.exited.catch((error: unknown) => String(error));
    await server.stop();
    expect(await told).toMatch(/stopped/);
    await waitFor('the process to be gone', () => !isAlive(server.pid));
  });
});

describe('claimPort', () => {
  it('0 → a free port', async () => {
    expect(await claimPort('127.0.0.1', 0, 'the API', '--port')).toBeGreaterThan(0);
  });

  it('a port in use → names it, what it is for, and the flag', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const claimed = claimPort('127.0.0.1', port, 'the API', '--port');
    await expect(claimed).rejects.toThrow(new RegExp(`Port ${port} for the API is in use.*--port`));
    holder.close();
  });
});

describe('findTemporal', () => {
  it('on PATH → that one, before the cache', async () => {
    await writeFile(join(dir, 'temporal'), '#!/bin/sh\n', { mode: 0o755 });
    expect(await findTemporal(CACHE_DIR, `/nowhere:${dir}`)).toBe(join(dir, 'temporal'));
  });

  it('nowhere → says where it looked and the two ways out', async () => {
    await expect(findTemporal(dir, '')).rejects.toThrow(/npm run bootstrap.*TEMPORAL_ADDRESS/);
  });
});

describe('workflowBundle', () => {
  it('made once, then read from the cache → the same file, not written again', async () => {
    const first = await workflowBundle(dir);
    const { mtimeMs } = await stat(first);
    expect(await workflowBundle(dir)).toBe(first);
    expect((await stat(first)).mtimeMs).toBe(mtimeMs);
    expect(await readFile(first, 'utf8')).toContain('runAgent');
  });

  it('with stack traces → another file, which takes them', async () => {
    const [without, withStacks] = [await workflowBundle(dir), await workflowBundle(dir, [], true)];
    expect(await readFile(without, 'utf8')).toContain("'stackTraceLimit'");
    expect(await readFile(withStacks, 'utf8')).not.toContain("'stackTraceLimit'");
  });
});

describe('dev file', () => {
  const dev = {
    apiUrl: 'http://127.0.0.1:1',
    temporalAddress: '127.0.0.1:2',
    namespace: 'default',
    uiUrl: null,
    pid: process.pid,
  };

  it('removed by another process → stays', async () => {
    await writeDevFile(dir, dev);
    await removeDevFile(dir, 1);
    expect(JSON.parse(await readFile(join(dir, 'dev.json'), 'utf8'))).toEqual(dev);
    await removeDevFile(dir, process.pid);
    await expect(stat(join(dir, 'dev.json'))).rejects.toThrow('ENOENT');
  });
});
