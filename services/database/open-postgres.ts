import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { FAILURE } from '../../common/failures.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;
/** No statement of ours comes near it: what runs longer hangs, and would hold a connection forever. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** A PostgreSQL server. The pool reconnects by itself when the server comes back. */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'ostinato',
  });
  // An idle connection that the server drops is no fault: the next query opens another. Without a
  // listener it would end the process.
  pool.on('error', () => {});
  let closing: Promise<void> | null = null;
  const database: Database = {
    kind: 'postgres',
    db: drizzle(pool),
    statement(query) {
      // Unnamed, since a pooler may give each call to another connection.
      const prepared = query.prepare('');
      return (values) => prepared.execute(values);
    },
    async ping() {
      await pool.query('SELECT 1').catch((cause: unknown) => {
        throw unreachable(url, cause);
      });
    },
    close: () => (closing ??= pool.end()),
  };
  try {
    await migrateIn(pool);
    return database;
  } catch (error) {
    await database.close();
    throw isServiceError(error) ? error : unreachable(url, error);
  }
}

async function migrateIn(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await migrate({
      run: (sql) => client.query(sql),
      rows: async (sql) => (await client.query<Record<string, unknown>>(sql)).rows,
      insert: (sql, values) => client.query(sql, [...values]),
    });
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    // Destroyed, not returned: the transaction dies with the connection.
    client.release(true);
    throw error;
  }
}

function unreachable(url: string, cause: unknown): ServiceError {
  // A refused connection to several addresses is an AggregateError without a message of its own.
  const reasons = cause instanceof AggregateError ? cause.errors : [cause];
  const reason = reasons
    .map((one) => (one instanceof Error ? one.message : String(one)))
    .join('; ');
  return new ServiceError(
    FAILURE.unavailable,
    `PostgreSQL at ${withoutPassword(url)} cannot be used: ${reason}. Check DATABASE_URL and that the server runs; ` +
      'without DATABASE_URL, Ostinato uses its embedded database.',
    { cause, retry: { allowed: true, afterMs: 1000 } },
  );
}

function withoutPassword(url: string): string {
  return url.replace(/(\/\/[^:@/]*):[^@]*@/, '$1:***@').replace(/([?&]password=)[^&]*/i, '$1***');
}
