import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

export interface PostgresServer {
  /** Database `postgres`, user `ostinato`, over TCP on loopback. */
  readonly url: string;
  /** A new, empty database. */
  createDatabase(name: string): Promise<string>;
  /** Kills the server as a power cut would; `start` brings it back on the same data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its files. */
  stop(): Promise<void>;
}

const VERSIONS = '/usr/lib/postgresql';

/** The newest installed PostgreSQL's programs, or `null`. */
export async function postgresBinaries(): Promise<string | null> {
  const versions = existsSync(VERSIONS) ? await readdir(VERSIONS) : [];
  return (
    versions
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(VERSIONS, version, 'bin'))
      .find((bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres'))) ?? null
  );
}

/** Starts a real PostgreSQL server of its own in a temporary directory, on a free port. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = await postgresBinaries();
  if (bin === null) {
    throw new Error(
      `No PostgreSQL under ${VERSIONS}. Install it (Debian: apt-get install postgresql).`,
    );
  }
  const owner = await unprivilegedOwner();
  const dir = await mkdtemp(join(tmpdir(), 'ostinato-postgres-'));
  await chmod(dir, 0o755);
  if (owner !== null) await chown(dir, owner.uid, owner.gid);
  const data = join(dir, 'data');
  const run = async (program: string, args: readonly string[]) => {
    await output(join(bin, program), args, owner);
  };
  await run('initdb', ['-D', data, '-U', 'ostinato', '-A', 'trust', '-E', 'UTF8', '--no-sync']);
  const port = await freePort();
  const url = (database: string) => `postgres://ostinato@127.0.0.1:${port}/${database}`;
  const control = (...args: string[]) => run('pg_ctl', ['-D', data, '-w', ...args]);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -k ${dir} -c fsync=off`;
  const start = () => control('-l', join(dir, 'log'), '-o', options, 'start');
  await start();
  return {
    url: url('postgres'),
    async createDatabase(name) {
      await run('createdb', ['-h', '127.0.0.1', '-p', String(port), '-U', 'ostinato', name]);
      return url(name);
    },
    kill: () => control('-m', 'immediate', 'stop'),
    start,
    async stop() {
      await control('-m', 'immediate', 'stop').catch(() => undefined);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root. Its package makes the user `postgres`; else `nobody` will do. */
async function unprivilegedOwner(): Promise<Owner | null> {
  if (userInfo().uid !== 0) return null;
  const idOf = async (flag: string, user: string) => Number(await output('id', [flag, user]));
  for (const user of ['postgres', 'nobody']) {
    const uid = await idOf('-u', user).catch(() => Number.NaN);
    if (Number.isInteger(uid)) return { uid, gid: await idOf('-g', user) };
  }
  throw new Error('Running as root, and there is no user "postgres" or "nobody" for PostgreSQL.');
}

function output(
  program: string,
  args: readonly string[],
  owner: Owner | null = null,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      // The server keeps what it inherits: with pipes, pg_ctl would never be seen to end.
      stdio: ['ignore', program.endsWith('pg_ctl') ? 'ignore' : 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      cwd: '/',
      ...owner,
    });
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(text.trim());
      else reject(new Error(`${program} ${args.join(' ')} ended with code ${code}. ${text}`));
    });
  });
}
