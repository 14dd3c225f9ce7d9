import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** @returns the path of a bundle in which `runTree` is a workflow, besides the engine's own. */
export async function treeBundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, 'tree-workflow.ts'),
    logger: new DefaultLogger('WARN'),
  });
  const path = join(await mkdtemp(join(tmpdir(), 'ostinato-tree-')), 'bundle.js');
  await writeFile(path, code);
  return path;
}
