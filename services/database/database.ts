import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { FrequentQuery, Statement } from './statement.ts';

/** An open database with all migrations applied. Whoever opened it closes it. */
export interface Database {
  readonly kind: 'pglite' | 'postgres';
  /**
   * Inside `db.transaction(async (tx) => …)` use `tx` only: PGlite has one connection, and a query
   * on `db` would wait for the transaction that waits for it.
   */
  readonly db: SqlDatabase;
  /**
   * Makes ready a statement that runs very often and finds its rows by index: what is the same each
   * time is done once.
   */
  statement<Row>(query: FrequentQuery<Row>): Statement<Row>;
  /** @throws ServiceError (Unavailable) when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Drizzle on either engine. */
export type SqlDatabase = PgDatabase<PgQueryResultHKT>;

export type SqlTransaction = Parameters<Parameters<SqlDatabase['transaction']>[0]>[0];
