import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/**
 * Bundles a file of workflows that are not the engine's own.
 * @returns the path of the bundle, in a folder of its own that the caller removes.
 */
export async function bundleFile(workflowsPath: string): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  const path = join(await mkdtemp(join(tmpdir(), 'ostinato-workflows-')), 'bundle.js');
  await writeFile(path, code);
  return path;
}
