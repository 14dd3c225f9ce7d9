import { openPglite } from './open-pglite.ts';
import { openPostgres } from './open-postgres.ts';
import type { Database } from './database.ts';

export type DatabaseConfig =
  /** `dir: null` keeps everything in memory. */
  | { readonly kind: 'pglite'; readonly dir: string | null }
  | { readonly kind: 'postgres'; readonly url: string };

/**
 * Opens the database and applies the migrations that are missing.
 *
 * @throws ServiceError (Unavailable) when it cannot be reached or opened; (Conflict) when another
 *   process has the PGlite directory open, or the database belongs to another version.
 */
export function openDatabase(config: DatabaseConfig): Promise<Database> {
  return config.kind === 'pglite' ? openPglite(config.dir) : openPostgres(config.url);
}
