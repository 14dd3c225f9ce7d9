import { join } from 'node:path';

const UNPACK =
  'import glob, sys, zipfile\n' +
  'zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]).extractall(sys.argv[1] + "/wheel")';

/**
 * Takes the files of a PyPI package without installing it or what it depends on.
 *
 * @param {import('./step-context.mjs').StepContext} context
 * @param {string} python
 * @param {string} temp an empty directory
 * @param {string} requirement as pip takes it
 * @param {string} remedy what to do where PyPI cannot be reached
 * @returns {Promise<string>} where its files are
 */
export async function unpackWheel(context, python, temp, requirement, remedy) {
  const what = `pip download ${requirement}`;
  context.say(what);
  const pip = ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--no-deps'];
  await context.must(python, [...pip, '-d', temp, requirement], what, remedy);
  await context.must(python, ['-c', UNPACK, temp], `Unpacking ${requirement}`, remedy);
  return join(temp, 'wheel');
}
