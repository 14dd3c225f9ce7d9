// Proves that folders are made with those above them, and that where none can be is an error, not a wait.
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../services/make-folder.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-folder-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('makeFolder', () => {
  it('folders that are missing, twice at once and again → there', async () => {
    const path = join(dir, 'a', 'b', 'c');
    await Promise.all([makeFolder(path), makeFolder(path)]);
    await makeFolder(path);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it.runIf(process.platform === 'linux')(
    'a folder that takes none, as /proc → an error',
    async () => {
      await expect(makeFolder('/proc/ostinato/data')).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );

  it('a file in its place, or in its path → ENOTDIR', async () => {
    const file = join(dir, 'file');
    await writeFile(file, '');
    await expect(makeFolder(file)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(makeFolder(join(file, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
