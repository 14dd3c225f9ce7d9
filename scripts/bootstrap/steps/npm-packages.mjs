import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from '../on-path.mjs';
import { StepError } from '../step-error.mjs';

const REMEDY =
  'Give npm its registry (`npm config get registry`) or a filled cache, then try again.';

/** @type {import('../steps.mjs').Step} */
export const npmPackages = {
  name: 'npm',
  needs: [],
  essential: true,

  async check({ root, run, node }) {
    const count = installedAsLocked(root);
    if (count === undefined) return undefined;
    const { ok, stdout } = await run(node, ['--version']);
    return ok && stdout.startsWith('v24.') ? `${count} packages, Node ${stdout.trim()}` : undefined;
  },

  async make({ root, env, must, run, node, say }) {
    if (!onPath('npm', env.PATH)) throw new StepError('npm is not on PATH.', 'Install npm.');
    if (installedAsLocked(root) === undefined) {
      say('npm ci');
      // Install scripts of strangers stay off, whatever this npm knows of `allowScripts`: that of
      // faiss-node fails the whole install where its download cannot be reached.
      await must(
        'npm',
        ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'],
        'npm ci',
        REMEDY,
      );
    }
    say('npm rebuild node');
    // The one script needed: it puts the pinned Node in place.
    await must('npm', ['rebuild', 'node', '--ignore-scripts=false'], 'npm rebuild node', REMEDY);
    const { ok, stdout, reason } = await run(node, ['--version']);
    if (ok && stdout.startsWith('v24.')) return;
    throw new StepError(
      `The pinned Node at ${node} is not a working Node 24: ${stdout.trim() || reason}`,
      'Remove node_modules and try again; the npm package `node` must support this platform.',
    );
  },
};

/**
 * npm notes in `node_modules/.package-lock.json` what it installed, after the last file is in place.
 *
 * @param {string} root
 * @returns {number | undefined} how many packages, when they are those of package-lock.json
 */
export function installedAsLocked(root) {
  const locked = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!locked) {
    throw new StepError(
      `${join(root, 'package-lock.json')} is missing or no lockfile.`,
      'Restore it: git checkout package-lock.json',
    );
  }
  if (!installed) return undefined;
  const same = Object.entries(locked).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    if (!found) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
  return same ? Object.keys(installed).length : undefined;
}

/**
 * @param {string} lockfile
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }> | undefined}
 */
function packagesOf(lockfile) {
  try {
    return JSON.parse(readFileSync(lockfile, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
