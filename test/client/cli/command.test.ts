// Proves what a user of the real command meets when something is wrong: each
// case is a process of its own, with its exit code and both output streams.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { startTemporal, connectTo } from '../../support/temporal.ts';

const COMMAND = join(import.meta.dirname, '..', '..', '..', 'client', 'cli', 'ostinato.mjs');
let folder: string;
let nobody: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostinato-command-'));
  nobody = `127.0.0.1:${await freePort()}`;
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function ostinato(
  args: readonly string[],
  { env = {}, input = '' }: { readonly env?: object; readonly input?: string } = {},
): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    env: { PATH, HOME, TEMPORAL_ADDRESS: nobody, OSTINATO_URL: `http://${nobody}`, ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(input);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** No error shows a stack, a type name of the runtime, or `undefined`. */
function expectPlain({ out, err }: Ended): void {
  expect(out + err).not.toMatch(/\n\s+at |node:internal|\[object |undefined|Error:/);
}

it('--version → the version of the package', async () => {
  const { code, out } = await ostinato(['--version']);
  expect([code, out]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
});

describe('wrong usage → 2', () => {
  it.each([
    [['rnu'], 'Did you mean run?'],
    [['runs', 'show'], "missing required argument 'run'"],
    [[], 'Usage: ostinato'],
  ])('%j → says %j', async (args, said) => {
    const ended = await ostinato(args);
    expect(ended.code).toBe(2);
    expect(ended.err).toContain(said);
    expect(ended.out).toBe('');
    expectPlain(ended);
  });

  it('a plan with mistakes → each with file, line and column; nothing is asked of Temporal', async () => {
    const path = await file('bad.yaml', 'steps:\n  - id: a\n    tol: x\n');
    const ended = await ostinato(['run', '--plan', path]);
    expect(ended.code).toBe(2);
    expect(ended.err).toContain(`${path}:2:5 steps[0].tool is missing`);
    expect(ended.err).toContain('did you mean "tool"?');
    expectPlain(ended);
  });

  it('a plan on standard input → read from there', async () => {
    const ended = await ostinato(['run', '--plan', '-'], { input: 'steps: []' });
    expect([ended.code, ended.err]).toEqual([2, expect.stringContaining('standard input:1:8')]);
  });
});

describe('a service that is not there → 3', () => {
  it.each([
    [['run', 'do it'], 'Temporal does not answer at'],
    [['runs', 'list'], 'Temporal does not answer at'],
    [['servers', 'list'], 'The API does not answer at'],
    [['tools', 'search', 'x'], 'The API does not answer at'],
  ])('%j → says where it looked and how to start it', async (args, said) => {
    const ended = await ostinato(args);
    expect(ended.code).toBe(3);
    expect(ended.err).toContain(said);
    expect(ended.err).toContain(nobody);
    expect(ended.err).toContain('ostinato dev');
    expectPlain(ended);
  });

  it('--json → the error is JSON', async () => {
    const ended = await ostinato(['runs', 'list', '--json']);
    expect(ended.code).toBe(3);
    expect(JSON.parse(ended.out)).toMatchObject({
      error: { message: expect.stringContaining('Temporal does not answer') },
    });
  });

  it('doctor → names everything that is down, how to mend it, and 1', async () => {
    const ended = await ostinato(['doctor']);
    expect(ended.code).toBe(1);
    expect(ended.out).toMatch(/✔ node/);
    expect(ended.out).toMatch(/✖ temporal.*\n\s+→ Start it/);
    expect(ended.out).toMatch(/✖ api.*\n\s+→ Start it/);
    expect(ended.out).toContain('Runs cannot work: mend temporal, workers, api.');
    expectPlain(ended);
  });

  it('something else at the address of the API → says so', async () => {
    const other = createServer((_request, response) => response.end('<html>')).listen(0);
    const { port } = other.address() as AddressInfo;
    const ended = await ostinato(['tools', 'list'], {
      env: { OSTINATO_URL: `http://127.0.0.1:${port}` },
    });
    other.close();
    expect(ended.code).toBe(3);
    expect(ended.err).toContain('is not the Ostinato API');
  });
});

describe('a Temporal that was not prepared', () => {
  it('doctor → names the search attributes; --fix → registers them; then only workers lack', async () => {
    const temporal = await startTemporal();
    const connection = await connectTo(temporal.address);
    try {
      await connection.temporal.workflowService.registerNamespace({
        namespace: 'bare',
        workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
      });
      const env = { TEMPORAL_ADDRESS: temporal.address };
      const ask = (...more: string[]): Promise<Ended> =>
        ostinato(['doctor', '--namespace', 'bare', ...more], { env });
      const before = await ask();
      expect(before.out).toMatch(/✖ temporal.*lacks the search attributes OstinatoTenant/);
      expect(before.out).toContain('ostinato doctor --fix');
      const fixed = await ask('--fix');
      expect(fixed.out).toMatch(/✔ temporal.*registered OstinatoTenant/);
      const after = await ask();
      expect(after.out).toMatch(/✔ temporal {2}.*namespace bare\n/);
      expect(after.out).toMatch(/✖ workers.*none takes workflows from "ostinato"/);
    } finally {
      await connection.close();
      await temporal.stop();
    }
  });
});
