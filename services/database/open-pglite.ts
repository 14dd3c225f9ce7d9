import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { FAILURE } from '../../common/failures.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { Database } from './database.ts';
import { lockDirectory } from './directory-lock.ts';
import { migrate } from './migrate.ts';
import { createPgliteStatements } from './pglite-statements.ts';

/**
 * PostgreSQL inside this process. PGlite itself lets two processes open one directory, and both
 * then write over each other: the lock is ours.
 */
export async function openPglite(dir: string | null): Promise<Database> {
  if (dir === null) return open(null, async () => {});
  await mkdir(dir, { recursive: true }).catch((cause: unknown) => {
    throw unusable(dir, cause);
  });
  const unlock = await lockDirectory(dir);
  try {
    return await open(dir, unlock);
  } catch (error) {
    await unlock();
    throw isServiceError(error) ? error : unusable(dir, error);
  }
}

async function open(dir: string | null, unlock: () => Promise<void>): Promise<Database> {
  // A directory below, since PostgreSQL wants one that holds nothing else.
  const engine = await (dir === null ? PGlite.create() : PGlite.create(join(dir, 'postgres')));
  let closing: Promise<void> | null = null;
  const close = async () => {
    try {
      if (!engine.closed) await engine.close();
    } finally {
      await unlock();
    }
  };
  try {
    await engine.transaction((tx) =>
      migrate({
        run: (sql) => tx.exec(sql),
        rows: async (sql) => (await tx.query<Record<string, unknown>>(sql)).rows,
        insert: (sql, values) => tx.query(sql, [...values]),
      }),
    );
  } catch (error) {
    await engine.close();
    throw error;
  }
  return {
    kind: 'pglite',
    db: drizzle(engine),
    statement: createPgliteStatements(engine),
    async ping() {
      if (engine.closed) {
        throw new ServiceError(FAILURE.unavailable, 'The database is closed. Restart Ostinato.');
      }
      await engine.query('SELECT 1');
    },
    close: () => (closing ??= close()),
  };
}

function unusable(dir: string, cause: unknown): ServiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ServiceError(
    FAILURE.unavailable,
    `The database in ${dir} cannot be opened: ${reason}. Check that the directory may be written and has space; ` +
      'if its contents are damaged, restore a backup or set OSTINATO_DATA_DIR to an empty directory.',
    { cause },
  );
}
