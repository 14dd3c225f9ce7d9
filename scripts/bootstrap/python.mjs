import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall } from './apt.mjs';

/**
 * Makes a Python environment of its own and installs packages into it.
 *
 * @param {import('./step-context.mjs').StepContext} context
 * @param {string} directory is made, and is the caller's to remove
 * @param {readonly string[]} packages pip requirement specifiers; may be none
 * @param {string} remedy what to do where PyPI cannot be reached
 * @returns {Promise<string>} its python
 */
export async function pythonWith(context, directory, packages, remedy) {
  const python = join(directory, 'bin', 'python');
  const made = await context.run('python3', ['-m', 'venv', directory]);
  context.signal?.throwIfAborted();
  if (!made.ok || !existsSync(python)) {
    await aptInstall(context, ['python3-venv']);
    await context.must('python3', ['-m', 'venv', '--clear', directory], 'python3 -m venv', remedy);
  }
  if (packages.length === 0) return python;
  context.say(`pip install ${packages.join(' ')}`);
  const args = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', ...packages];
  await context.must(python, args, `pip install ${packages.join(' ')}`, remedy);
  return python;
}
