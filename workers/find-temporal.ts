import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { FAILURE } from '../common/failures.ts';
import { ServiceError } from '../services/errors.ts';

/**
 * The `temporal` command: on PATH, else where the bootstrap put it.
 * @throws ServiceError (Unavailable) naming the remedy.
 */
export async function findTemporal(cacheDir: string, path: string | undefined): Promise<string> {
  const folders = [...(path ?? '').split(delimiter).filter(Boolean), join(cacheDir, 'bin')];
  for (const folder of folders) {
    const command = join(folder, 'temporal');
    const runs = await access(command, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return command;
  }
  throw new ServiceError(
    FAILURE.unavailable,
    `There is no "temporal" command on PATH or in ${join(cacheDir, 'bin')}. ` +
      'Run "npm run bootstrap", or set TEMPORAL_ADDRESS to a server that runs.',
  );
}
