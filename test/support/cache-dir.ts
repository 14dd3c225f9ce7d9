import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the bootstrap puts what it builds. */
export const CACHE_DIR =
  process.env['OSTINATO_CACHE_DIR'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ostinato');

export const MODEL_DIR = join(CACHE_DIR, 'models', 'all-MiniLM-L6-v2');
