import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepError } from './step-error.mjs';

/** faiss before 1.7.4 has this type inside the class only; a second, equal alias is allowed. */
const COMPAT = `#include <faiss/Index.h>
namespace faiss { using idx_t = Index::idx_t; }
`;

/**
 * Compiles the addon of the installed faiss-node package against the system's libfaiss.
 *
 * @param {import('./step-context.mjs').StepContext} context
 * @param {string} without what to do where it cannot be compiled
 * @returns {Promise<string>} the addon, in a temporary directory
 */
export async function compileFaiss({ root, tempDir, must }, without) {
  const modules = join(root, 'node_modules');
  const temp = tempDir();
  writeFileSync(join(temp, 'compat.h'), COMPAT);
  const built = join(temp, 'faiss-node.node');
  const args = [
    '-std=c++17',
    '-O2',
    '-fPIC',
    '-shared',
    '-fopenmp',
    '-DNAPI_VERSION=6',
    '-DNODE_GYP_MODULE_NAME=faiss_node',
    `-I${nodeHeaders(modules)}`,
    `-I${present(join(modules, 'node-addon-api'), 'napi.h')}`,
    '-include',
    join(temp, 'compat.h'),
    join(modules, 'faiss-node', 'src', 'faiss.cc'),
    '-o',
    built,
    '-lfaiss',
    '-lopenblas',
  ];
  await must('g++', args, 'Compiling faiss-node', `Mend what the compiler says, or ${without}.`);
  return built;
}

/** @param {string} modules */
function nodeHeaders(modules) {
  const platform = `node-${process.platform}-${process.arch}`;
  const bundled = join(modules, 'node', 'node_modules', platform, 'include', 'node');
  return existsSync(bundled) ? bundled : present('/usr/include/node', 'node_api.h');
}

/**
 * @param {string} directory
 * @param {string} header
 */
function present(directory, header) {
  if (existsSync(join(directory, header))) return directory;
  throw new StepError(
    `The header ${header} is not in ${directory}.`,
    'Remove node_modules and try again, so that npm installs it anew.',
  );
}
