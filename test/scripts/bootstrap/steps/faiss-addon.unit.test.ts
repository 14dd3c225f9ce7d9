// Proves how the FAISS addon comes to its place: from the cache, prebuilt, or compiled, with a
// fake Node that accepts an addon whose text is "good" and a g++ that writes one.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faissAddon } from '../../../../scripts/bootstrap/steps/faiss-addon.mjs';
import { fakeMachine } from '../../fake-machine.ts';

function setUp() {
  const machine = fakeMachine();
  const { root, file, command, base } = machine;
  const modules = join(root, 'node_modules');
  const addon = join(modules, 'faiss-node', 'build', 'Release', 'faiss-node.node');
  file(join(modules, 'faiss-node', 'package.json'), '{"version": "0.5.1"}');
  file(join(modules, 'node-addon-api', 'napi.h'), '');
  const headers = ['node', 'node_modules', `node-${process.platform}-${process.arch}`, 'include'];
  file(join(modules, ...headers, 'node', 'node_api.h'), '');
  // Called with -e it tries the addon; otherwise it is prebuild-install.
  const prebuild = join(base, 'prebuild');
  command(
    'node',
    `if [ "$1" = -e ]; then read -r text < ${addon} && [ "$text" = good ]; exit; fi
     [ -e ${prebuild} ] && mkdir -p build/Release && cp ${prebuild} ${addon}`,
    join(modules, 'node', 'bin'),
  );
  command('apt-get', `echo "$*" >> ${base}/apt`);
  command('dpkg-query', `[ -e ${base}/apt ] && printf 'ii 1.7.3-2'`);
  command(
    'g++',
    `echo "$*" > ${base}/compile;
    while [ "$1" != -o ]; do shift; done; echo good > $2`,
  );
  const noted = (name: string) =>
    existsSync(join(base, name)) ? readFileSync(join(base, name), 'utf8') : '';
  return { ...machine, addon, prebuild, noted };
}

const KEY = `faiss-node-0.5.1-napi6-${process.platform}-${process.arch}-libfaiss-1.7.3-2`;

describe('faissAddon', () => {
  it('there but not working → has to be made', async () => {
    const { context, addon, file } = setUp();
    expect(await faissAddon.check(context('faiss'))).toBeUndefined();
    file(addon, 'bad\n');
    expect(await faissAddon.check(context('faiss'))).toBeUndefined();
    file(addon, 'good\n');
    expect(await faissAddon.check(context('faiss'))).toBe('faiss-node 0.5.1');
  });

  it('a prebuilt addon that works → nothing is installed or compiled', async () => {
    const { context, file, prebuild, noted } = setUp();
    file(prebuild, 'good\n');
    await faissAddon.make(context('faiss'));
    expect(await faissAddon.check(context('faiss'))).toBe('faiss-node 0.5.1');
    expect(noted('apt') + noted('compile')).toBe('');
  });

  it('no prebuilt, or one that does not work → compiled, and kept in the cache', async () => {
    const { context, file, prebuild, noted, cache } = setUp();
    file(prebuild, 'bad\n');
    await faissAddon.make(context('faiss'));
    expect(await faissAddon.check(context('faiss'))).toBe('faiss-node 0.5.1');
    expect(noted('apt')).toMatch(/install libfaiss-dev libopenblas-dev g\+\+$/m);
    expect(noted('compile')).toMatch(/faiss-node\/src\/faiss\.cc .* -lfaiss -lopenblas$/m);
    expect(readdirSync(join(cache, 'faiss'))).toEqual([KEY]);
  });

  it('a build for these libraries in the cache → copied, nothing else is done', async () => {
    const { context, file, cache, noted, base } = setUp();
    file(join(base, 'apt'), '');
    file(join(cache, 'faiss', KEY, 'faiss-node.node'), 'good\n');
    await faissAddon.make(context('faiss'));
    expect(await faissAddon.check(context('faiss'))).toBe('faiss-node 0.5.1');
    expect(noted('apt') + noted('compile')).toBe('');
  });

  it('a build in the cache that does not load here → compiled anew', async () => {
    const { context, file, cache, noted } = setUp();
    file(join(cache, 'faiss', KEY, 'faiss-node.node'), 'bad\n');
    await faissAddon.make(context('faiss'));
    expect(await faissAddon.check(context('faiss'))).toBe('faiss-node 0.5.1');
    expect(noted('compile')).toContain('faiss.cc');
  });

  it('the compiler fails → its last words, and that search works without', async () => {
    const { context, command } = setUp();
    command('g++', 'echo "fatal error: faiss/IndexFlat.h: No such file" >&2; exit 1');
    await expect(faissAddon.make(context('faiss'))).rejects.toMatchObject({
      message: 'Compiling faiss-node: exit code 1',
      tail: 'fatal error: faiss/IndexFlat.h: No such file',
      remedy: expect.stringContaining('search then uses the exact index') as string,
    });
    expect(faissAddon.essential).toBe(false);
  });
});
