// Proves what a command takes as text from a file or standard input, and what it says of the rest.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInputText } from '../../../client/cli/read-input-text.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-input-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function input(...chunks: readonly (string | Buffer)[]) {
  return {
    stdin: async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk);
    },
  };
}

describe('readInputText', () => {
  it('"-" → standard input, letters cut by a chunk whole', async () => {
    const bytes = Buffer.from('Zoë');
    const cut = input(bytes.subarray(0, 3), bytes.subarray(3));
    expect(await readInputText('-', cut)).toBe('Zoë');
  });

  it('standard input that does not end → refused at 16 MiB, not read on', async () => {
    let read = 0;
    const endless = {
      stdin: async function* () {
        for (; ; read += 1) yield Buffer.alloc(1024 * 1024, 'x');
      },
    };
    await expect(readInputText('-', endless)).rejects.toThrow(
      'standard input cannot be read: it is longer than 16 MiB.',
    );
    expect(read).toBe(16);
  });

  it.each([
    ['a binary file', 'binary', 'it is no text (it has bytes of zero)'],
    ['a folder', '.', 'it is a folder'],
    ['no file', 'none', 'there is no such file'],
  ])('%s → says so', async (_what, name, why) => {
    await writeFile(join(dir, 'binary'), Buffer.from([0x7f, 0x45, 0, 1]));
    const path = join(dir, name);
    await expect(readInputText(path, input(), 'The plan ')).rejects.toThrow(
      `The plan ${path} cannot be read: ${why}.`,
    );
  });
});
