import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench } from './bench.ts';

const FOLDER = join(import.meta.dirname, 'benches');

/** The names of all benchmarks, sorted. */
export async function listBenches(): Promise<string[]> {
  const files = await readdir(FOLDER);
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}

export async function loadBench(name: string): Promise<Bench> {
  const module = (await import(pathToFileURL(join(FOLDER, `${name}.ts`)).href)) as {
    bench?: Bench;
  };
  if (module.bench === undefined) throw new Error(`${name}.ts must export "bench".`);
  return module.bench;
}
