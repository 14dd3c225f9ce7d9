// Proves what is asked of apt-get, and what is said when it cannot help, with a fake apt-get that
// notes how it was called.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aptInstall } from '../../../scripts/bootstrap/apt.mjs';
import { fakeMachine } from '../fake-machine.ts';

function setUp(script: string) {
  const machine = fakeMachine();
  const calls = join(machine.base, 'calls');
  machine.command('apt-get', `echo "$RUNLEVEL $DEBIAN_FRONTEND $*" >> ${calls}\n${script}`);
  return {
    ...machine,
    install: (...packages: string[]) =>
      aptInstall(machine.context('redis'), packages, { without: 'do without' }),
    /** The commands given, without the options that all have. */
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
  };
}

describe('aptInstall', () => {
  it('packages → installed without a question, and no service is started', async () => {
    const { install, calls, said } = setUp('exit 0');
    await install('redis-server', 'jq');
    const last = calls().at(-1);
    expect(last).toMatch(/^1 noninteractive -y --no-install-recommends /);
    expect(last).toMatch(/ install redis-server jq$/);
    expect(said).toContain('apt-get install redis-server jq');
  });

  it('the lists are older than the archive → updated, then tried once more', async () => {
    const { install, calls, base } = setUp(
      'case "$*" in *update*) touch $HOME/new;; *) [ -e $HOME/new ] || exit 100;; esac',
    );
    rmSync(join(base, 'new'), { force: true });
    await install('redis-server');
    expect(calls().slice(-2)).toEqual([
      expect.stringMatching(/ update$/),
      expect.stringMatching(/ install redis-server$/),
    ]);
  });

  it('apt-get fails → its exit code, last words and log, and both remedies', async () => {
    const { install } = setUp('echo "E: Unable to locate package redis-server"; exit 100');
    await expect(install('redis-server')).rejects.toMatchObject({
      name: 'StepError',
      message: 'apt-get install redis-server: exit code 100',
      remedy: "Install redis-server with the system's package manager, or do without.",
      tail: expect.stringContaining('E: Unable to locate package redis-server') as string,
      log: expect.stringMatching(/redis\.log$/) as string,
    });
  });

  it('a machine without apt-get → says so, and what to install', async () => {
    const { install, bin } = setUp('exit 0');
    rmSync(join(bin, 'apt-get'));
    await expect(install('redis-server')).rejects.toMatchObject({
      message: 'There is no apt-get on this machine.',
      remedy: "Install redis-server with the system's package manager, or do without.",
    });
  });
});
