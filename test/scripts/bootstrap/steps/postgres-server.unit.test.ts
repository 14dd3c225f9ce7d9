// Proves which PostgreSQL is found among several.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { postgresBinDir } from '../../../../scripts/bootstrap/steps/postgres-server.mjs';
import { fakeMachine } from '../../fake-machine.ts';

describe('postgresBinDir', () => {
  it('several versions → the newest that has its server', () => {
    const { base, command } = fakeMachine();
    for (const version of ['9', '15', '17']) command('initdb', '', join(base, version, 'bin'));
    for (const version of ['9', '15']) command('postgres', '', join(base, version, 'bin'));
    expect(postgresBinDir('', base)).toBe(join(base, '15', 'bin'));
  });

  it('on PATH → that one', () => {
    const { base, bin, command } = fakeMachine();
    command('initdb', '');
    expect(postgresBinDir(bin, base)).toBeUndefined();
    command('postgres', '');
    expect(postgresBinDir(bin, base)).toBe(bin);
  });

  it('none → undefined', () => {
    const { base } = fakeMachine();
    expect(postgresBinDir('', join(base, 'absent'))).toBeUndefined();
  });
});
