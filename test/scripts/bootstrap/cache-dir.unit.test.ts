// Proves where the cache lies for each combination of the variables that choose it.
import { describe, expect, it } from 'vitest';
import { cacheDir } from '../../../scripts/bootstrap/cache-dir.mjs';

describe('cacheDir', () => {
  it('OSTINATO_CACHE_DIR → wins over the user cache', () => {
    const env = { OSTINATO_CACHE_DIR: '/srv/cache', XDG_CACHE_HOME: '/x' };
    expect(cacheDir(env, '/home/ada')).toBe('/srv/cache');
  });

  it('XDG_CACHE_HOME → ostinato in it', () => {
    expect(cacheDir({ XDG_CACHE_HOME: '/x' }, '/home/ada')).toBe('/x/ostinato');
  });

  it('nothing set, or set to nothing → ~/.cache/ostinato', () => {
    expect(cacheDir({}, '/home/ada')).toBe('/home/ada/.cache/ostinato');
    expect(cacheDir({ XDG_CACHE_HOME: '', OSTINATO_CACHE_DIR: '' }, '/home/ada')).toBe(
      '/home/ada/.cache/ostinato',
    );
  });
});
