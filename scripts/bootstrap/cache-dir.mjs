import { join, resolve } from 'node:path';

/**
 * The directory under which everything fetched or built for Ostinato is kept:
 * `$OSTINATO_CACHE_DIR`, else `$XDG_CACHE_HOME/ostinato`, else `~/.cache/ostinato`.
 *
 * MAINTENANCE: services/config.ts looks in the same places. Inside, `bin/temporal` and
 * `models/all-MiniLM-L6-v2/` are fixed.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} home the user's home directory
 * @returns {string} an absolute path
 */
export function cacheDir(env, home) {
  if (env.OSTINATO_CACHE_DIR) return resolve(env.OSTINATO_CACHE_DIR);
  return resolve(env.XDG_CACHE_HOME || join(home, '.cache'), 'ostinato');
}
