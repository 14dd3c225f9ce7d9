import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../errors.ts';

/** A connection inside an open transaction. */
export interface MigrationConnection {
  /** Runs text that may hold several statements. */
  run(sql: string): Promise<unknown>;
  rows(sql: string): Promise<readonly Record<string, unknown>[]>;
  insert(sql: string, values: readonly string[]): Promise<unknown>;
}

/** Any number that nothing else in the database locks. */
const LOCK = 5_271_826_411;

const DIRECTORY = join(import.meta.dirname, 'migrations');

/**
 * Applies the .sql files that were not applied yet, in the order of their names. All in the
 * caller's transaction, under a lock: processes that start at once wait for one another, and a
 * migration that fails leaves the database as it was.
 *
 * @throws ServiceError (Conflict) when an applied file was edited, or the database has migrations
 *   that this version does not know.
 */
export async function migrate(connection: MigrationConnection): Promise<void> {
  await connection.run(`SELECT pg_advisory_xact_lock(${LOCK})`);
  await connection.run(
    `CREATE TABLE IF NOT EXISTS ostinato_migrations (
       name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  const rows = await connection.rows('SELECT name, sha256 FROM ostinato_migrations');
  const applied = new Map(rows.map((row) => [String(row['name']), String(row['sha256'])]));
  const files = await readMigrations();
  const unknown = [...applied.keys()].filter((name) => !files.some((file) => file.name === name));
  if (unknown.length > 0) {
    throw new ServiceError(
      FAILURE.conflict,
      `The database was written by a newer version of Ostinato: it has the migrations ${unknown.join(', ')}, ` +
        'which this version does not know. Start the newer version, or use another database.',
    );
  }
  for (const { name, sql, sha256 } of files) {
    const known = applied.get(name);
    if (known === sha256) continue;
    if (known !== undefined) {
      throw new ServiceError(
        FAILURE.conflict,
        `Migration ${name} was applied with other contents (SHA-256 ${known.slice(0, 12)}…, now ${sha256.slice(0, 12)}…). ` +
          'An applied migration must not be edited: restore the file and add a new one.',
      );
    }
    await connection.run(sql);
    await connection.insert('INSERT INTO ostinato_migrations (name, sha256) VALUES ($1, $2)', [
      name,
      sha256,
    ]);
  }
}

async function readMigrations() {
  const names = (await readdir(DIRECTORY)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(DIRECTORY, name), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}
