// Proves that one holder at a time has the lock, that a dead holder's is taken over, and that a
// live one's is not.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { takeLock } from '../../../scripts/bootstrap/lock.mjs';
import { fakeMachine } from '../fake-machine.ts';

describe('takeLock', () => {
  it('held by another → waits, says who holds it, and gets it on release', async () => {
    const file = join(fakeMachine().base, 'lock');
    const release = await takeLock(file);
    const onWait = vi.fn();
    const second = takeLock(file, { onWait });
    await vi.waitFor(() => expect(onWait).toHaveBeenCalledOnce());
    expect(onWait).toHaveBeenCalledWith(`process ${process.pid} on ${hostname()}`);
    release();
    const releaseSecond = await second;
    release();
    expect(existsSync(file)).toBe(true);
    releaseSecond();
    expect(existsSync(file)).toBe(false);
  });

  it('four at once → never two inside, and no file is left', async () => {
    const { base } = fakeMachine();
    const file = join(base, 'lock');
    let inside = 0;
    let most = 0;
    const begin = async () => {
      const release = await takeLock(file);
      most = Math.max(most, ++inside);
      await new Promise(setImmediate);
      inside -= 1;
      release();
    };
    await Promise.all(Array.from({ length: 4 }, begin));
    expect(most).toBe(1);
    expect(readdirSync(base)).not.toContain('lock');
    expect(readdirSync(base).filter((name) => name.startsWith('lock'))).toEqual([]);
  });

  it('holder on this machine is dead → taken over', async () => {
    const { base, file } = fakeMachine();
    const dead = spawnSync('true').pid;
    const lock = file(join(base, 'lock'), `${hostname()} ${dead} 1 0.5`);
    const release = await takeLock(lock);
    expect(readFileSync(lock, 'utf8')).toContain(`${hostname()} ${process.pid} `);
    release();
  });

  it('holder on another machine stopped beating a minute ago → taken over', async () => {
    const { base, file } = fakeMachine();
    const lock = file(join(base, 'lock'), 'elsewhere 1 1 0.5');
    const before = new Date(Date.now() - 61_000);
    utimesSync(lock, before, before);
    (await takeLock(lock))();
  });

  it('interrupt while waiting → rejects, and the lock stays with its holder', async () => {
    const file = join(fakeMachine().base, 'lock');
    const release = await takeLock(file);
    const stop = new AbortController();
    const second = takeLock(file, { signal: stop.signal, onWait: () => stop.abort() });
    await expect(second).rejects.toThrow();
    expect(existsSync(file)).toBe(true);
    release();
  });
});
