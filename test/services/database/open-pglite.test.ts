// Proves that a PGlite directory keeps what was acknowledged through `kill -9`, and that it belongs
// to one process at a time. Real child processes write to it and are killed.
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConversationId } from '../../../common/conversation.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { createConversationStore } from '../../../services/conversations/conversation-store.ts';
import { openDatabase } from '../../../services/database/open-database.ts';

const WRITER = join(import.meta.dirname, 'support', 'write-until-killed.ts');

/** Making a cluster takes seconds, so the cases begin with a copy of one. */
let template: string;
let dir: string;
let writer: ChildProcessByStdio<null, Readable, null> | null = null;

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'ostinato-pglite-'));
  await (await openDatabase({ kind: 'pglite', dir: template })).close();
});
afterAll(() => rm(template, { recursive: true, force: true }));
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-pglite-'));
  await cp(template, dir, { recursive: true });
});
afterEach(async () => {
  await kill();
  await rm(dir, { recursive: true, force: true });
});

/** Starts the writer and resolves when it has written `versions`; gives the last one it printed. */
async function writeAtLeast(versions: number): Promise<() => number> {
  writer = spawn(process.execPath, [WRITER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = 0;
  const lines = createInterface({ input: writer.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      last = Number(line);
      if (last >= versions) resolve();
    });
    lines.once('close', () => {
      reject(new Error(`The writer ended after version ${last}.`));
    });
  });
  return () => last;
}

async function kill(): Promise<void> {
  const child = writer;
  writer = null;
  if (child === null || child.exitCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

const open = () => openDatabase({ kind: 'pglite', dir });

describe('PGlite directory', () => {
  it('writer killed with SIGKILL → every acknowledged message is there, and the lock is free', async () => {
    const last = await writeAtLeast(20);
    await kill();
    const database = await open();
    const ref = { conversationId: 'killed' as ConversationId, headVersion: last() };
    const messages = await createConversationStore(database).read(DEFAULT_TENANT_ID, ref);
    await database.close();
    expect(messages).toHaveLength(last());
    expect(messages.at(-1)).toEqual({ from: 'user', text: `message ${last()}` });
  });

  it('opened by a second process → Conflict naming the first one and the remedies', async () => {
    await writeAtLeast(1);
    await expect(open()).rejects.toMatchObject({
      type: 'Conflict',
      message: expect.stringMatching(
        new RegExp(
          `${dir} is in use by process ${writer?.pid}\\. .*OSTINATO_DATA_DIR.*DATABASE_URL`,
        ),
      ) as string,
    });
  });

  it('opened twice in one process → Conflict; after close → opens, and leaves no lock behind', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ type: 'Conflict' });
    await first.close();
    await first.close();
    const second = await open();
    await second.close();
    expect(await readdir(dir)).toEqual(['postgres']);
  });

  it('closed → ping says so', async () => {
    const database = await open();
    await database.close();
    await expect(database.ping()).rejects.toMatchObject({ type: 'Unavailable' });
  });

  it.each([
    ['a process number that another process has by now', { pid: 1, started: 'another-boot/1' }],
    ['a process that is gone', { pid: 2 ** 30, started: null }],
  ])('lock of %s → taken over', async (_case, owner) => {
    await writeFile(join(dir, 'lock.json'), JSON.stringify({ ...owner, host: hostname() }));
    const database = await open();
    await expect(database.ping()).resolves.toBeUndefined();
    await database.close();
  });

  it('lock that is no JSON → taken over', async () => {
    await writeFile(join(dir, 'lock.json'), '');
    const database = await open();
    await database.close();
    expect(await readdir(dir)).toEqual(['postgres']);
  });

  it('lock of another host → Conflict naming host and file', async () => {
    const owner = { pid: 1, host: 'elsewhere', started: null };
    await writeFile(join(dir, 'lock.json'), JSON.stringify(owner));
    await expect(open()).rejects.toMatchObject({
      type: 'Conflict',
      message: expect.stringMatching(/on host elsewhere.*delete .*lock\.json/) as string,
    });
  });

  it('a file where the directory should be → Unavailable naming it', async () => {
    const file = join(dir, 'file');
    await writeFile(file, 'x');
    await expect(openDatabase({ kind: 'pglite', dir: file })).rejects.toMatchObject({
      type: 'Unavailable',
      message: expect.stringContaining(file) as string,
    });
  });

  it('a damaged cluster → Unavailable, and the lock is free again', async () => {
    await writeFile(join(dir, 'postgres', 'PG_VERSION'), 'nonsense');
    await expect(open()).rejects.toMatchObject({
      type: 'Unavailable',
      message: expect.stringContaining(dir) as string,
    });
    expect(await readdir(dir)).toEqual(['postgres']);
  });
});
