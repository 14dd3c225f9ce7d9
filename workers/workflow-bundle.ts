import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BundlerPlugin } from '@temporalio/worker';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { bundleOptions, extension } from './bundle-options.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** All that a workflow can reach; the import rules see to it that there is nothing else. */
const SOURCES = ['workflows', 'common'];
const OPTIONS = `workers/bundle-options${extension()}`;

type Plugin = BundlerPlugin & { readonly name: string };

/**
 * The workflow code as Temporal's bundler makes it, kept in the cache by the hash of its sources:
 * bundling takes seconds, reading it milliseconds.
 *
 * @param stacks whether errors of workflow code have a stack trace, at a price.
 * @returns the path of the bundle, as `workflowBundle.codePath` takes it.
 */
export async function workflowBundle(
  cacheDir: string,
  plugins: readonly Plugin[] = [],
  stacks = false,
): Promise<string> {
  const folder = join(cacheDir, 'workflow-bundles');
  const path = join(folder, `${await hashOfSources(plugins, stacks)}.js`);
  if (await exists(path)) return path;
  const { code } = await bundleWorkflowCode({
    logger: new DefaultLogger('WARN'),
    ...bundleOptions(join(ROOT, 'workflows', `index${extension()}`), stacks),
    plugins: [...plugins],
  });
  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, code);
  await rename(unfinished, path);
  return path;
}

async function hashOfSources(plugins: readonly Plugin[], stacks: boolean): Promise<string> {
  const require = createRequire(import.meta.url);
  const sdk = require('@temporalio/worker/package.json') as { version: string };
  const hash = createHash('sha256').update(`${sdk.version} ${stacks}`);
  hash.update(await readFile(join(ROOT, OPTIONS)));
  for (const { name } of plugins) hash.update(name);
  for (const source of SOURCES) {
    const entries = await readdir(join(ROOT, source), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) hash.update(file.slice(ROOT.length)).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 24);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
