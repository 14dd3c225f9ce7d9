import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..');
const BESIDE_THE_PROJECT = join(ROOT, '..', 'shared', 'data');

/**
 * The folder that holds `retrieval/` and `plans/`.
 *
 * @param given what `--data` said
 */
export function findDataDir(given: string | undefined): string {
  const dir = resolve(given ?? BESIDE_THE_PROJECT);
  if (existsSync(join(dir, 'retrieval')) || existsSync(join(dir, 'plans'))) return dir;
  throw new Error(
    `No data sets in ${dir}: it has neither retrieval/ nor plans/. Give their folder by --data DIR. ` +
      'The sets are public (LiveMCPBench, MCP-Zero, MetaTool, Seal-Tools, BFCL, API-Bank, NESTFUL, ' +
      'AsyncHow, WorFBench); each is a folder retrieval/<set> with tools.jsonl and queries.jsonl, ' +
      'or plans/<set> with dags.jsonl. They are not part of this project.',
  );
}
