import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BundlerPlugin } from '@temporalio/worker';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** All that a workflow can reach; the import rules see to it that there is nothing else. */
const SOURCES = ['workflows', 'common'];

type Plugin = BundlerPlugin & { readonly name: string };

/**
 * The workflow code as Temporal's bundler makes it, kept in the cache by the hash of its sources:
 * bundling takes seconds, reading it milliseconds.
 *
 * @returns the path of the bundle, as `workflowBundle.codePath` takes it.
 */
export async function workflowBundle(
  cacheDir: string,
  plugins: readonly Plugin[] = [],
): Promise<string> {
  const folder = join(cacheDir, 'workflow-bundles');
  const path = join(folder, `${await hashOfSources(plugins)}.js`);
  if (await exists(path)) return path;
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows', extension('index')),
    logger: new DefaultLogger('WARN'),
    plugins: [...plugins],
  });
  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, code);
  await rename(unfinished, path);
  return path;
}

/** Sources are TypeScript in a checkout and JavaScript in a built package. */
function extension(name: string): string {
  return `${name}${import.meta.filename.endsWith('.ts') ? '.ts' : '.js'}`;
}

async function hashOfSources(plugins: readonly Plugin[]): Promise<string> {
  const require = createRequire(import.meta.url);
  const sdk = require('@temporalio/worker/package.json') as { version: string };
  const hash = createHash('sha256').update(sdk.version);
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
