import { join } from 'node:path';
import { bundleFile } from '../bundle-file.ts';

/** @returns the path of a bundle in which `runTree` is a workflow, besides the engine's own. */
export function treeBundle(): Promise<string> {
  return bundleFile(join(import.meta.dirname, 'tree-workflow.ts'));
}
