// Proves that a file of settings is read again when it changes and when it is asked to, and that one which
// is wrong changes nothing. The file is real and looked at every few milliseconds.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { ConfigFile, ConfigFileOptions } from '../../services/config-file.ts';
import { openConfigFile } from '../../services/config-file.ts';
import { waitFor } from '../support/wait-for.ts';

const dir = mkdtempSync(join(tmpdir(), 'ostinato-config-file-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const open: ConfigFile<unknown>[] = [];
afterEach(() => open.splice(0).forEach((file) => file.close()));

let nextFile = 0;

/** A file that holds one JSON value. */
async function holding(text: string, given: Partial<ConfigFileOptions<unknown>> = {}) {
  nextFile += 1;
  const path = join(dir, `${nextFile}.json`);
  writeFileSync(path, text);
  const lines: string[] = [];
  const read = () => JSON.parse(readFileSync(path, 'utf8')) as unknown;
  const file = await openConfigFile<unknown>({
    ...{ what: 'the settings file', path, read: async () => read(), lookEveryMs: 5 },
    log: pino({}, { write: (line: string) => void lines.push(line) }),
    ...given,
  });
  open.push(file);
  const says = (words: string) => waitFor(words, () => lines.join().includes(words));
  return { file, path, lines, says };
}

describe('openConfigFile', () => {
  it('the file changes → the new value holds, and the log says so', async () => {
    const { file, path, says } = await holding('1');
    expect(file.value()).toBe(1);
    writeFileSync(path, '20');
    await says('the settings file has changed, and holds from now on');
    expect(file.value()).toBe(20);
  });

  it('it changes right after it was read, before it is first looked at → noticed', async () => {
    const path = join(dir, 'at-once.json');
    writeFileSync(path, '1');
    const { file, says } = await holding('', {
      path,
      read: async () => {
        const text = readFileSync(path, 'utf8');
        if (text === '1') writeFileSync(path, '20');
        return JSON.parse(text) as unknown;
      },
    });
    expect(file.value()).toBe(1);
    await says('has changed');
    expect(file.value()).toBe(20);
  });

  it('it is wrong, or gone → the old one holds, the log names why; right again → it holds', async () => {
    const { file, path, lines, says } = await holding('1');
    writeFileSync(path, '{ wrong');
    await says('the settings file is wrong: the old one holds');
    expect(lines.join()).toContain('JSON');
    rmSync(path);
    await says('ENOENT');
    expect(file.value()).toBe(1);
    writeFileSync(path, '300');
    await says('has changed');
    expect(file.value()).toBe(300);
  });

  it('asked to read it, nothing has changed → said, and nobody is told of a change', async () => {
    const taken: unknown[] = [];
    const { file, lines } = await holding('{"a":1}', { onChange: (value) => taken.push(value) });
    await file.reload();
    expect(lines.join()).toContain('nothing in it has changed');
    expect(taken).toEqual([]);
  });

  it('asked to, it has changed → what is different is in the log, and it was taken over', async () => {
    const taken: unknown[] = [];
    const { file, path, lines } = await holding('1', {
      lookEveryMs: 60_000,
      changes: (before, after) => (before === after ? null : { from: before, to: after }),
      onChange: (value) => taken.push(value),
    });
    writeFileSync(path, '2');
    await file.reload();
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ from: 1, to: 2, path });
    expect([file.value(), taken]).toEqual([2, [2]]);
  });

  it('what is new cannot be taken over → the old one holds', async () => {
    const { file, path, says } = await holding('1', {
      onChange: () => {
        throw new Error('no room');
      },
    });
    writeFileSync(path, '20');
    await says('no room');
    expect(file.value()).toBe(1);
  });

  it('wrong from the start → refused', async () => {
    await expect(holding('{ wrong')).rejects.toThrow('JSON');
  });

  it('no file is named → what is read first holds, and reading again does nothing', async () => {
    let reads = 0;
    const { file, lines } = await holding('1', { path: null, read: async () => ++reads });
    await file.reload();
    expect([file.value(), reads, lines]).toEqual([1, 1, []]);
  });
});
