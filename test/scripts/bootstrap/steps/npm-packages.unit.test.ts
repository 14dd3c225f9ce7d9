// Proves when node_modules counts as installed, and how it is installed, with lockfiles of two
// packages and an npm that notes how it was called.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  installedAsLocked,
  npmPackages,
} from '../../../../scripts/bootstrap/steps/npm-packages.mjs';
import { fakeMachine } from '../../fake-machine.ts';

interface Locked {
  readonly version: string;
  readonly integrity: string;
  readonly optional?: boolean;
}
type Packages = Record<string, Locked | object>;

const ZOD: Locked = { version: '4.0.0', integrity: 'sha512-zod' };
const OTHER_PLATFORM: Locked = { version: '1.0.0', integrity: 'sha512-mac', optional: true };

function setUp(locked: Packages, installed?: Packages) {
  const machine = fakeMachine();
  const { root, file } = machine;
  file(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...locked } }));
  if (installed) {
    const text = JSON.stringify({ packages: installed });
    file(join(root, 'node_modules', '.package-lock.json'), text);
  }
  return { ...machine, calls: join(machine.base, 'calls') };
}

describe('installedAsLocked', () => {
  it('the same packages → how many', () => {
    const { root } = setUp({ 'node_modules/zod': ZOD }, { 'node_modules/zod': ZOD });
    expect(installedAsLocked(root)).toBe(1);
  });

  it('a package for another platform is absent → still installed', () => {
    const locked = { 'node_modules/zod': ZOD, 'node_modules/fsevents': OTHER_PLATFORM };
    expect(installedAsLocked(setUp(locked, { 'node_modules/zod': ZOD }).root)).toBe(1);
  });

  it('nothing, one absent, another version, other content → not installed', () => {
    const locked = { 'node_modules/zod': ZOD };
    const installs = [
      undefined,
      {},
      { 'node_modules/zod': { ...ZOD, version: '4.0.1' } },
      { 'node_modules/zod': { ...ZOD, integrity: 'sha512-evil' } },
    ];
    for (const installed of installs) {
      expect(installedAsLocked(setUp(locked, installed).root)).toBeUndefined();
    }
  });

  it('no lockfile → how to get it back', () => {
    expect(() => installedAsLocked(fakeMachine().root)).toThrow(
      expect.objectContaining({ remedy: 'Restore it: git checkout package-lock.json' }) as Error,
    );
  });
});

describe('npmPackages', () => {
  it('packages there but a Node other than 24 → has to be made', async () => {
    const { context, command, root } = setUp({}, {});
    command('node', 'echo v20.20.2', join(root, 'node_modules', 'node', 'bin'));
    expect(await npmPackages.check(context('npm'))).toBeUndefined();
    command('node', 'echo v24.1.0', join(root, 'node_modules', 'node', 'bin'));
    expect(await npmPackages.check(context('npm'))).toBe('0 packages, Node v24.1.0');
  });

  it('fresh checkout → npm ci without install scripts, then the one of Node', async () => {
    const { context, command, calls, root } = setUp({ 'node_modules/zod': ZOD });
    const bin = join(root, 'node_modules', 'node', 'bin');
    command(
      'npm',
      `echo "$*" >> ${calls}; mkdir -p ${bin}; printf '#!/bin/sh\\necho v24.1.0' > ${bin}/node
       /bin/chmod +x ${bin}/node`,
    );
    await npmPackages.make(context('npm'));
    expect(readFileSync(calls, 'utf8').trim().split('\n')).toEqual([
      'ci --include=dev --ignore-scripts --no-audit --no-fund',
      'rebuild node --ignore-scripts=false',
    ]);
  });

  it('only the pinned Node is missing → node_modules is not thrown away', async () => {
    const { context, command, calls } = setUp({}, {});
    command('npm', `echo "$*" >> ${calls}`);
    await expect(npmPackages.make(context('npm'))).rejects.toMatchObject({
      message: expect.stringMatching(/^The pinned Node at .* is not a working Node 24/) as string,
    });
    expect(readFileSync(calls, 'utf8').trim()).toBe('rebuild node --ignore-scripts=false');
  });

  it('npm ci fails → exit code, last words and remedy', async () => {
    const { context, command } = setUp({ 'node_modules/zod': ZOD });
    command('npm', 'echo "npm error network"; exit 1');
    await expect(npmPackages.make(context('npm'))).rejects.toMatchObject({
      message: 'npm ci: exit code 1',
      tail: expect.stringContaining('npm error network') as string,
      remedy: expect.stringContaining('registry') as string,
    });
  });

  it('no npm → says so', async () => {
    const { context, calls } = setUp({ 'node_modules/zod': ZOD });
    await expect(npmPackages.make(context('npm'))).rejects.toMatchObject({
      message: 'npm is not on PATH.',
    });
    expect(existsSync(calls)).toBe(false);
  });
});
