import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';

/** Where the services are, and who said so. */
export interface Services {
  readonly apiUrl: string;
  readonly apiKey: string | null;
  readonly temporalAddress: string;
  readonly namespace: string;
  /** Temporal's Web UI; `null`: not known. */
  readonly uiUrl: string | null;
}

export interface ServiceFlags {
  readonly api?: string;
  readonly temporal?: string;
  readonly namespace?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const DEFAULTS = {
  apiUrl: 'http://127.0.0.1:8484',
  temporalAddress: '127.0.0.1:7233',
  namespace: 'default',
} as const;

const devFile = z.object({
  apiUrl: z.string(),
  temporalAddress: z.string(),
  namespace: z.string(),
  uiUrl: z.string().nullable(),
  pid: z.int().positive(),
});
type DevFile = z.output<typeof devFile>;

/** Flags win over the environment, that over a running `ostinato dev`, that over the defaults. */
export async function findServices(flags: ServiceFlags, env: Env): Promise<Services> {
  const dev = await runningDev(dataDirOf(env));
  const temporalAddress = flags.temporal ?? set(env['TEMPORAL_ADDRESS']);
  const apiUrl = flags.api ?? set(env['OSTINATO_URL']) ?? dev?.apiUrl ?? DEFAULTS.apiUrl;
  const isDevs = temporalAddress === undefined || temporalAddress === dev?.temporalAddress;
  return {
    apiUrl: apiUrl.replace(/\/+$/, ''),
    apiKey: set(env['OSTINATO_API_KEY']) ?? null,
    temporalAddress: temporalAddress ?? dev?.temporalAddress ?? DEFAULTS.temporalAddress,
    namespace:
      flags.namespace ?? set(env['TEMPORAL_NAMESPACE']) ?? dev?.namespace ?? DEFAULTS.namespace,
    uiUrl: (isDevs ? dev?.uiUrl : null) ?? null,
  };
}

/** Where this installation keeps its state, as the workers' configuration says it too. */
export function dataDirOf(env: Env): string {
  return resolve(set(env['OSTINATO_DATA_DIR']) ?? '.ostinato');
}

/** What `ostinato dev` wrote, if it still runs. */
async function runningDev(dataDir: string): Promise<DevFile | null> {
  const text = await readFile(join(dataDir, 'dev.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const dev = devFile.parse(JSON.parse(text));
    process.kill(dev.pid, 0);
    return dev;
  } catch {
    // Half written, or its process is gone: it says nothing about now.
    return null;
  }
}

function set(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value;
}
