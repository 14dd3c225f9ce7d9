import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a running `ostinato dev` is found; commands in the same folder read it. */
export interface DevFile {
  readonly apiUrl: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  /** Temporal's Web UI; `null` where there is none. */
  readonly uiUrl: string | null;
  readonly pid: number;
}

export async function writeDevFile(dataDir: string, dev: DevFile): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await writeFile(pathOf(dataDir), `${JSON.stringify(dev, null, 2)}\n`);
}

/** Removes the file if it is this process's. */
export async function removeDevFile(dataDir: string, pid: number): Promise<void> {
  const text = await readFile(pathOf(dataDir), 'utf8').catch(() => null);
  if (text === null || (JSON.parse(text) as DevFile).pid !== pid) return;
  await rm(pathOf(dataDir), { force: true });
}

function pathOf(dataDir: string): string {
  return join(dataDir, 'dev.json');
}
