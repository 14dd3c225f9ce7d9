import { createServer } from 'node:net';
import { FAILURE } from '../common/failures.ts';
import { ServiceError } from '../services/errors.ts';

/**
 * Makes sure that a port can be listened on; 0 gives a free one.
 *
 * @param flag what to say to choose another, for the error.
 * @throws ServiceError (BadInput) when something listens there.
 */
export async function claimPort(
  host: string,
  port: number,
  what: string,
  flag: string,
): Promise<number> {
  const server = createServer();
  try {
    return await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        const address = server.address();
        resolve(address === null || typeof address === 'string' ? port : address.port);
      });
    });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${code})`;
    throw new ServiceError(
      FAILURE.badInput,
      `Port ${port} for ${what} ${why} on ${host}. Stop what uses it, or choose another with ${flag} (0 picks a free one).`,
      { cause: error },
    );
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
