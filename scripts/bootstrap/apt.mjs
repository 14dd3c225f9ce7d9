import { existsSync, readdirSync } from 'node:fs';
import { onPath } from './on-path.mjs';
import { StepError } from './step-error.mjs';

const LISTS = '/var/lib/apt/lists';

/** One apt-get at a time in this process; others are waited for by apt itself. */
let queue = Promise.resolve();

/**
 * Installs Debian packages, with sudo where this is not root. Services that come with them are
 * neither started nor left running: tests start their own.
 *
 * @param {import('./step-context.mjs').StepContext} context
 * @param {readonly string[]} packages
 * @param {{ without?: string, service?: string }} [options] `without` ends the remedy: what to do
 *   where they cannot be installed
 */
export function aptInstall(context, packages, options = {}) {
  const turn = queue.then(() => install(context, packages, options));
  queue = turn.catch(() => {});
  return turn;
}

/**
 * @param {import('./step-context.mjs').StepContext} context
 * @param {readonly string[]} packages
 * @param {{ without?: string, service?: string }} options
 */
async function install(context, packages, { without, service }) {
  const names = packages.join(' ');
  const remedy = [`Install ${names} with the system's package manager`, without]
    .filter(Boolean)
    .join(', or ');
  const root = asRoot(context, remedy);
  const args = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
  const apt = (/** @type {string[]} */ ...more) =>
    context.run(...root('apt-get', [...args, ...more]));

  context.say(`apt-get install ${names}`);
  if (!hasLists()) await apt('update');
  let result = await apt('install', ...packages);
  if (!result.ok && !context.signal?.aborted) {
    // The lists may be older than the archive.
    await apt('update');
    result = await apt('install', ...packages);
  }
  context.signal?.throwIfAborted();
  if (!result.ok) {
    throw new StepError(`apt-get install ${names}: ${result.reason}`, `${remedy}.`, {
      log: context.log,
      tail: result.tail,
    });
  }
  if (service && existsSync('/run/systemd/system')) {
    await context.run(...root('systemctl', ['disable', '--now', service]));
  }
}

/**
 * @param {import('./step-context.mjs').StepContext} context
 * @param {string} remedy
 * @returns {(command: string, args: string[]) => [string, string[]]}
 */
function asRoot({ env }, remedy) {
  if (!onPath('apt-get', env.PATH)) {
    throw new StepError('There is no apt-get on this machine.', `${remedy}.`);
  }
  // RUNLEVEL=1: invoke-rc.d starts nothing in single-user mode.
  const setting = ['DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  if (process.getuid?.() === 0) return (command, args) => ['env', [...setting, command, ...args]];
  if (!onPath('sudo', env.PATH)) {
    throw new StepError('Installing packages needs root, and there is no sudo.', `${remedy}.`);
  }
  // -n: children have no terminal to ask for a password on.
  return (command, args) => ['sudo', ['-n', 'env', ...setting, command, ...args]];
}

function hasLists() {
  return (
    existsSync(LISTS) &&
    readdirSync(LISTS).some(
      (name) => name.endsWith('Packages') || /Packages\.(lz4|gz|xz)$/.test(name),
    )
  );
}
