import { chmodSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { download } from '../download.mjs';
import { goInstall } from '../go.mjs';
import { isExecutable, onPath } from '../on-path.mjs';

/** Later tags of the module do not build from a module proxy. */
const VERSION = 'v1.5.1';
const MODULE = `github.com/temporalio/cli/cmd/temporal@${VERSION}`;
const REMEDY =
  'Put the Temporal CLI on PATH, or set TEMPORAL_ADDRESS to the host:port of a Temporal server, ' +
  'or install Go 1.25 or newer (with access to a Go module proxy).';

/** @type {import('../steps.mjs').Step} */
export const temporalCli = {
  name: 'temporal',
  needs: [],
  essential: true,

  async check({ env, cache, run }) {
    if (env.TEMPORAL_ADDRESS) return `server at TEMPORAL_ADDRESS ${env.TEMPORAL_ADDRESS}`;
    for (const file of [onPath('temporal', env.PATH), join(cache, 'bin', 'temporal')]) {
      if (!file || !isExecutable(file)) continue;
      const { ok, stdout } = await run(file, ['--version'], { timeoutMs: 20_000 });
      const server = /\(Server ([^,)]+)/.exec(stdout)?.[1];
      if (ok && server) return `server ${server}, ${file}`;
    }
    return undefined;
  },

  async make(context) {
    const temp = context.tempDir();
    const binary = (await fetched(context, temp)) ?? (await compiled(context, temp));
    chmodSync(binary, 0o755);
    mkdirSync(join(context.cache, 'bin'), { recursive: true });
    renameSync(binary, join(context.cache, 'bin', 'temporal'));
  },
};

/**
 * The vendor's release, from where its SDK fetches it too.
 *
 * @param {import('../step-context.mjs').StepContext} context
 * @param {string} temp
 */
async function fetched({ say, signal, run }, temp) {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  say('downloading the release');
  const archive = join(temp, 'temporal.tar.gz');
  const url = `https://temporal.download/cli/archive/${VERSION}?platform=${process.platform}&arch=${arch}`;
  if ((await download(url, archive, signal)) !== '') return undefined;
  const unpacked = await run('tar', ['-xzf', archive, '-C', temp, 'temporal']);
  return unpacked.ok ? join(temp, 'temporal') : undefined;
}

/**
 * Without tables for debuggers (-s -w) it is smaller and linked sooner. Without cgo no C compiler is
 * needed, and the binary runs on any distribution.
 *
 * @param {import('../step-context.mjs').StepContext} context
 * @param {string} temp
 */
async function compiled(context, temp) {
  await goInstall(context, temp, {
    module: MODULE,
    flags: ['-ldflags=-s -w'],
    env: { CGO_ENABLED: '0' },
    what: 'the Temporal CLI',
    remedy: REMEDY,
  });
  return join(temp, 'temporal');
}
