// Proves that a saved index comes back as it was, and that a file which was cut off, changed or is
// none of ours is refused with a reason. Writes to a temporary folder.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SavedIndex } from '../../../../services/registry/index/index-file.ts';
import { readIndexFile, writeIndexFile } from '../../../../services/registry/index/index-file.ts';

const SAVED: SavedIndex = {
  embedderId: 'fake/1',
  dimensions: 3,
  vectors: [
    { key: 'a/first', textHash: 'h1', vector: Float32Array.of(1, 0, 0) },
    { key: 'b/é', textHash: 'h2', vector: Float32Array.of(0, 0.6, 0.8) },
  ],
  graph: { keys: ['a/first', null, 'b/é'], bytes: Buffer.from([1, 2, 10, 4, 5]) },
};

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'index-file-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('writeIndexFile, readIndexFile', () => {
  it('written and read → the same, with nothing left beside the file', async () => {
    const path = join(dir, 'deep', 't.index');
    await writeIndexFile(path, SAVED);
    expect(await readIndexFile(path)).toEqual(SAVED);
    await writeIndexFile(path, { ...SAVED, graph: null, vectors: [] });
    expect(await readIndexFile(path)).toMatchObject({ graph: null, vectors: [] });
    expect(await readdir(join(dir, 'deep'))).toEqual(['t.index']);
  });

  it('no file → null', async () => {
    expect(await readIndexFile(join(dir, 'none'))).toBeNull();
  });

  it('one bit changed, or the end cut off → refused by the checksum', async () => {
    const path = join(dir, 't.index');
    await writeIndexFile(path, SAVED);
    const bytes = await readFile(path);
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
    for (const bad of [changed, bytes.subarray(0, -3)]) {
      await writeFile(path, bad);
      await expect(readIndexFile(path)).rejects.toThrow('checksum');
    }
  });

  it('garbage, an empty file, another format → refused', async () => {
    const path = join(dir, 't.index');
    for (const bad of ['', 'not an index', '{"format":"other"}\n', '\n\n']) {
      await writeFile(path, bad);
      await expect(readIndexFile(path)).rejects.toThrow();
    }
  });
});
