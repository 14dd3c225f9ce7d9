import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Two questions, and whether the answer of one answers the other. */
export interface LabelledPair {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
}

export interface PairSet {
  readonly name: string;
  readonly pairs: readonly LabelledPair[];
}

const FIRST = ['a', 'text_a', 'text1', 'q1', 'question1', 'sentence1'];
const SECOND = ['b', 'text_b', 'text2', 'q2', 'question2', 'sentence2'];
const LABEL = ['same', 'duplicate', 'is_duplicate', 'label'];
const ARRAY_FILE = /\.json(?:\.gz)?$/;
const TAR_BLOCK = 512;

/**
 * The labelled pairs under `<dir>/pairs`: `<set>/pairs.jsonl`, one object a line, or files such as
 * GPTCache's `similiar_qqp_full.json.gz`, an array of objects (also packed by tar first). Sets of
 * which no row has a label are left out.
 */
export async function readPairSets(dir: string): Promise<PairSet[]> {
  const root = join(dir, 'pairs');
  if (!existsSync(root)) return [];
  const sets: PairSet[] = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    const lines = join(root, entry.name, 'pairs.jsonl');
    const isArray = entry.isFile() && ARRAY_FILE.test(entry.name);
    const rows = isArray
      ? parseArray(await readFile(join(root, entry.name)), entry.name)
      : existsSync(lines)
        ? parseLines(await readFile(lines, 'utf8'))
        : [];
    const pairs = rows.map(toPair).filter((pair) => pair !== null);
    if (pairs.length > 0) sets.push({ name: basename(entry.name).replace(/\..*$/, ''), pairs });
  }
  return sets.sort((x, y) => (x.name < y.name ? -1 : 1));
}

function parseLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as unknown);
}

function parseArray(file: Buffer, name: string): unknown[] {
  const bytes = name.endsWith('.gz') ? gunzipSync(file) : file;
  const isTar = bytes.subarray(257, 262).toString() === 'ustar';
  const rows = JSON.parse((isTar ? firstFile(bytes) : bytes).toString('utf8')) as unknown;
  if (!Array.isArray(rows)) throw new Error(`${name} is no array of pairs.`);
  return rows;
}

/** The first file of an archive that is JSON: its header says how long it is, in octal. */
function firstFile(tar: Buffer): Buffer {
  for (let at = 0; at + TAR_BLOCK <= tar.length;) {
    const name = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    const start = at + TAR_BLOCK;
    if (name.endsWith('.json') && !basename(name).startsWith('._')) {
      return tar.subarray(start, start + size);
    }
    if (Number.isNaN(size)) break;
    at = start + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
  }
  throw new Error('The archive holds no JSON file.');
}

function toPair(row: unknown): LabelledPair | null {
  if (typeof row !== 'object' || row === null) return null;
  const fields = row as Readonly<Record<string, unknown>>;
  const pick = (names: readonly string[]) =>
    names.map((name) => fields[name]).find((value) => value !== undefined);
  const [a, b, label] = [pick(FIRST), pick(SECOND), pick(LABEL)];
  if (typeof a !== 'string' || typeof b !== 'string' || label === undefined) return null;
  return { a, b, same: label === true || Number(label) === 1 };
}
