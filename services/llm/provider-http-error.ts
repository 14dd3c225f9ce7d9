/**
 * A provider answered with a status that is not 2xx. The body stays out of the message: SDKs search
 * messages for words such as "timed out" and would take an error page for a timeout.
 */
export class ProviderHttpError extends Error {
  override readonly name = 'ProviderHttpError';
  readonly status: number;
  readonly headers: Headers;
  /** At most 64 KiB of it. */
  readonly body: string;

  constructor(status: number, headers: Headers, body: string) {
    super(`HTTP ${status}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}
