export type ClientErrorCode =
  'bad-input' | 'conflict' | 'unavailable' | 'not-found' | 'already-ended' | 'run-failed';

/** The one error of the client library. The message names the thing and the remedy. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export function isClientError(error: unknown): error is ClientError {
  return error instanceof Error && error.name === 'ClientError' && 'code' in error;
}
