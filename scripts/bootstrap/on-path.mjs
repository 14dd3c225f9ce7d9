import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The first executable file called `name` in the directories of `searchPath`, or `undefined`.
 *
 * @param {string} name
 * @param {string | undefined} searchPath as in `$PATH`
 */
export function onPath(name, searchPath) {
  return (searchPath ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
