/** An error of the HTTP layer itself: no service was asked. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly type: string;
  readonly retryAfterS: number | null;

  constructor(status: number, type: string, message: string, retryAfterS: number | null = null) {
    super(message);
    this.status = status;
    this.type = type;
    this.retryAfterS = retryAfterS;
  }
}
