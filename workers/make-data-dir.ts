import { FAILURE } from '../common/failures.ts';
import { ServiceError } from '../services/errors.ts';
import { makeFolder } from '../services/make-folder.ts';

/** @throws ServiceError (BadInput) where it cannot be a folder. */
export async function makeDataDir(dir: string): Promise<void> {
  await makeFolder(dir).catch((error: unknown) => {
    throw new ServiceError(
      FAILURE.badInput,
      `State cannot be kept in ${dir} (${(error as Error).message}). Name another folder with --data-dir or OSTINATO_DATA_DIR.`,
      { cause: error },
    );
  });
}
