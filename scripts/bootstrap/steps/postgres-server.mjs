import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aptInstall } from '../apt.mjs';
import { onPath } from '../on-path.mjs';

/** Debian keeps the server's programs off PATH, one directory a major version. */
const DEBIAN = '/usr/lib/postgresql';

/** @type {import('../steps.mjs').Step} */
export const postgresServer = {
  name: 'postgres',
  needs: [],
  essential: true,
  check: async ({ env }) => postgresBinDir(env.PATH, DEBIAN),
  make: (context) => aptInstall(context, ['postgresql'], { service: 'postgresql' }),
};

/**
 * @param {string | undefined} searchPath
 * @param {string} debian
 * @returns {string | undefined} the directory with `initdb` and `postgres`, of the newest version
 */
export function postgresBinDir(searchPath, debian) {
  const initdb = onPath('initdb', searchPath);
  if (initdb && onPath('postgres', searchPath)) return dirname(initdb);
  if (!existsSync(debian)) return undefined;
  return readdirSync(debian)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(debian, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')));
}
