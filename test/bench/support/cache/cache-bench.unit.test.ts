// Proves the bench's own parts: pairs are read from every form they come in, and the figures are what
// they say: hits at a share of wrong ones, and what a learned threshold gives on pairs not learned from.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hitsAt, served } from './policies.ts';
import { readPairSets } from './read-pairs.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-pairs-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function put(path: string, body: string | Buffer): Promise<void> {
  await mkdir(join(dir, path, '..'), { recursive: true });
  await writeFile(join(dir, path), body);
}

function tar(name: string, body: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(body.length.toString(8).padStart(11, '0'), 124);
  header.write('ustar', 257);
  return Buffer.concat([header, Buffer.from(body.padEnd(512, '\0')), Buffer.alloc(1024)]);
}

describe('readPairSets', () => {
  it('no folder, or nothing labelled in it → no sets', async () => {
    expect(await readPairSets(dir)).toEqual([]);
    await put('pairs/set/pairs.jsonl', '{"origin":"a","similar":"b"}\n');
    await put('pairs/other/readme.txt', 'x');
    expect(await readPairSets(dir)).toEqual([]);
  });

  it('lines with any of the field names → pairs', async () => {
    const rows = [
      { a: 'x', b: 'y', same: true },
      { text1: 'x', text2: 'y', duplicate: 0 },
      { q1: 'x', q2: 'y', label: '1' },
      { question1: 'x', question2: 'y', is_duplicate: false },
    ];
    await put('pairs/set/pairs.jsonl', `${rows.map((row) => JSON.stringify(row)).join('\n')}\n\n`);
    const [set] = await readPairSets(dir);
    expect(set?.name).toBe('set');
    expect(set?.pairs.map(({ same }) => same)).toEqual([true, false, true, false]);
  });

  it('an array, plain, packed, or packed in an archive → the same pairs', async () => {
    const body = JSON.stringify([{ text_a: 'x', text_b: 'y', label: 1 }]);
    await put('pairs/plain.json', body);
    await put('pairs/packed.json.gz', gzipSync(body));
    await put('pairs/archive.json.gz', gzipSync(tar('deep/pairs.json', body)));
    const sets = await readPairSets(dir);
    expect(sets.map(({ name }) => name)).toEqual(['archive', 'packed', 'plain']);
    for (const { pairs } of sets) expect(pairs).toEqual([{ a: 'x', b: 'y', same: true }]);
  });
});

const scored = (score: number, same: boolean) => ({ score, same });

describe('hitsAt', () => {
  it('best first until too many are wrong → their share; equal scores go together', () => {
    const pairs = [scored(4, true), scored(3, true), scored(2, false), scored(1, true)];
    expect(hitsAt(pairs, 0)).toBe(50);
    expect(hitsAt(pairs, 0.25)).toBe(100);
    expect(hitsAt([scored(4, true), scored(4, false), scored(1, true), scored(0, true)], 0)).toBe(
      0,
    );
  });

  it('what cannot be hit → never counted as a hit', () => {
    expect(hitsAt([scored(1, true), scored(-Infinity, true)], 1)).toBe(50);
  });
});

describe('served', () => {
  it('threshold learned on one half → hits and wrong ones of the other', () => {
    const learned = Array.from({ length: 400 }, (_, n) => scored(n / 400, n >= 200));
    const asked = [scored(0.9, true), scored(0.8, false), scored(0.3, false), scored(0.2, true)];
    expect(served(learned, asked, 0.01)).toEqual({ hits: 50, wrong: 25 });
  });
});
