import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../errors.ts';

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Tells a process from a later one with the same number; `null` where the system does not say. */
  readonly started: string | null;
}

const ATTEMPTS = 5;

/**
 * Takes `dir` for this process until the returned function is called. The lock of a process that
 * died, by `kill -9` or a power cut, is taken over at once.
 *
 * @throws ServiceError (Conflict) naming the process that has it.
 */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, 'lock.json');
  const mine = JSON.stringify(await ownerOf(process.pid));
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(draft, mine);
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      // A hard link appears whole or not at all, and only where nothing is.
      if (await succeeds(link(draft, path))) return () => release(path, mine);
      const held = await readFile(path, 'utf8').catch(() => null);
      if (held === null) continue;
      const owner = parseOwner(held);
      if (owner !== null && (await isAlive(owner))) throw inUse(dir, path, owner);
      await discard(path, held, draft);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new ServiceError(
    FAILURE.conflict,
    `The database directory ${dir} could not be locked in ${ATTEMPTS} attempts: other processes are starting on it. Start only one.`,
  );
}

async function release(path: string, mine: string): Promise<void> {
  const held = await readFile(path, 'utf8').catch(() => null);
  if (held === mine) await rm(path, { force: true });
}

/** Removes a dead process's lock, but not one that a third process has just put in its place. */
async function discard(path: string, dead: string, draft: string): Promise<void> {
  const aside = `${draft}.old`;
  if (!(await succeeds(rename(path, aside)))) return;
  const moved = await readFile(aside, 'utf8');
  if (moved !== dead) await succeeds(link(aside, path));
  await rm(aside, { force: true });
}

async function ownerOf(pid: number): Promise<Owner> {
  return { pid, host: hostname(), started: await startOf(pid) };
}

/** Start of a process as Linux gives it: boot id and clock ticks since boot. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets and may hold spaces; the start is the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot.trim()}/${fields[19]}`;
  } catch {
    return null;
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  // Another machine's processes cannot be seen from here: safer to believe that it lives.
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const started = await startOf(owner.pid);
  return owner.started === null || started === null || owner.started === started;
}

function parseOwner(text: string): Owner | null {
  try {
    const owner = JSON.parse(text) as Partial<Owner>;
    if (typeof owner.pid !== 'number' || typeof owner.host !== 'string') return null;
    return { pid: owner.pid, host: owner.host, started: owner.started ?? null };
  } catch {
    return null;
  }
}

function inUse(dir: string, path: string, owner: Owner): ServiceError {
  const elsewhere = owner.host !== hostname();
  return new ServiceError(
    FAILURE.conflict,
    `The database directory ${dir} is in use by process ${owner.pid}${elsewhere ? ` on host ${owner.host}` : ''}. ` +
      'The embedded database serves one process: stop that one, set OSTINATO_DATA_DIR to another directory, ' +
      'or set DATABASE_URL to a PostgreSQL server to share it.' +
      (elsewhere ? ` If that host no longer runs it, delete ${path}.` : ''),
  );
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST' || error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
