import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OstinatoConnection } from 'ostinato';
import { connect } from 'ostinato';

/** Connects to the engine that runs in this folder, or to `TEMPORAL_ADDRESS`. */
export async function connectToRunningEngine(): Promise<OstinatoConnection> {
  const address = process.env['TEMPORAL_ADDRESS'] ?? (await addressOfDev());
  return connect(address === null ? {} : { address });
}

async function addressOfDev(): Promise<string | null> {
  const file = join(process.env['OSTINATO_DATA_DIR'] ?? '.ostinato', 'dev.json');
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as { temporalAddress: string }).temporalAddress;
}
