import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { aptInstall } from '../apt.mjs';
import { compileFaiss } from '../compile-faiss.mjs';

/** Node-API is stable across Node versions, so one build serves them all. */
const ABI = 'napi6';
const PREBUILT_WITHIN_MS = 20_000;
const PACKAGES = ['libfaiss-dev', 'libopenblas-dev', 'g++'];
const WITHOUT = 'go on without: search then uses the exact index, slower on large catalogues';

/** Loads the addon and searches with it, since a library that loads may still lack a processor feature. */
const TRIAL = `
  const { IndexFlatIP } = require('faiss-node');
  const index = new IndexFlatIP(2);
  index.add([1, 0, 0, 1]);
  if (index.search([0, 1], 1).labels[0] !== 1) throw new Error('wrong answer');
`;

/** @type {import('../steps.mjs').Step} */
export const faissAddon = {
  name: 'faiss',
  needs: ['npm'],
  essential: false,

  async check(context) {
    if (!existsSync(addonFile(context.root))) return undefined;
    return (await works(context)) ? `faiss-node ${packageVersion(context.root)}` : undefined;
  },

  async make(context) {
    if (await fromCache(context)) return;
    if (await prebuilt(context)) return;
    await aptInstall(context, PACKAGES, { without: WITHOUT });
    // A machine may only have lacked the libraries that an earlier build needs.
    if (await fromCache(context)) return;
    context.say('compiling faiss-node');
    const built = await compileFaiss(context, WITHOUT);
    const kept = join(context.cache, 'faiss', await cacheKey(context), 'faiss-node.node');
    place(built, kept);
    place(kept, addonFile(context.root));
  },
};

/**
 * Where `bindings`, which faiss-node loads its addon with, finds it; the prebuilt one lands here too.
 *
 * @param {string} root
 */
function addonFile(root) {
  return join(root, 'node_modules', 'faiss-node', 'build', 'Release', 'faiss-node.node');
}

/** @param {import('../step-context.mjs').StepContext} context */
async function works({ run, node }) {
  return (await run(node, ['-e', TRIAL], { timeoutMs: 20_000 })).ok;
}

/** @param {import('../step-context.mjs').StepContext} context */
async function fromCache(context) {
  const shelf = join(context.cache, 'faiss');
  if (!existsSync(shelf)) return false;
  const current = await cacheKey(context);
  const family = current.slice(0, current.indexOf('libfaiss'));
  // faiss is linked in statically: without its package, any build for this platform will do.
  const fits = (/** @type {string} */ name) =>
    current.endsWith('libfaiss-none') ? name.startsWith(family) : name === current;
  for (const name of readdirSync(shelf).filter(fits)) {
    const kept = join(shelf, name, 'faiss-node.node');
    if (!existsSync(kept)) continue;
    place(kept, addonFile(context.root));
    if (await works(context)) return true;
  }
  rmSync(addonFile(context.root), { force: true });
  return false;
}

/** @param {import('../step-context.mjs').StepContext} context */
async function prebuilt(context) {
  context.say('looking for a prebuilt addon');
  const installer = join(context.root, 'node_modules', 'prebuild-install', 'bin.js');
  const { ok } = await context.run(context.node, [installer, '--runtime', 'napi', '--verbose'], {
    cwd: join(context.root, 'node_modules', 'faiss-node'),
    timeoutMs: PREBUILT_WITHIN_MS,
  });
  context.signal?.throwIfAborted();
  if (ok && (await works(context))) return true;
  rmSync(dirname(addonFile(context.root)), { recursive: true, force: true });
  return false;
}

/** @param {import('../step-context.mjs').StepContext} context */
async function cacheKey({ root, run }) {
  const query = await run('dpkg-query', [
    '-W',
    '-f',
    '${db:Status-Abbrev}${Version}',
    'libfaiss-dev',
  ]);
  const libfaiss =
    query.ok && query.stdout.startsWith('ii ') ? query.stdout.slice(3).trim() : 'none';
  const platform = `${process.platform}-${process.arch}`;
  return `faiss-node-${packageVersion(root)}-${ABI}-${platform}-libfaiss-${libfaiss}`;
}

/** @param {string} root */
function packageVersion(root) {
  const file = join(root, 'node_modules', 'faiss-node', 'package.json');
  return /** @type {string} */ (JSON.parse(readFileSync(file, 'utf8')).version);
}

/**
 * Copies so that nobody ever sees half a file, and a process that has the old one loaded keeps it.
 *
 * @param {string} from
 * @param {string} to
 */
function place(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  const draft = `${to}.${process.pid}`;
  copyFileSync(from, draft);
  renameSync(draft, to);
}
