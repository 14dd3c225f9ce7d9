import type { FailureType } from '../../common/failures.ts';
import type { RetryAdvice } from '../errors.ts';
import { ServiceError } from '../errors.ts';

/** A failure at an MCP server. */
export class McpError extends ServiceError {
  /**
   * Whether the server may have acted on the call. `false` is certain: nothing left this process,
   * or the server refused the request before reading it.
   */
  readonly sent: boolean;

  constructor(
    type: FailureType,
    message: string,
    options: { readonly sent: boolean; readonly retry?: RetryAdvice; readonly cause?: unknown },
  ) {
    super(type, message, options);
    this.sent = options.sent;
  }
}

/** The failure behind the error that the SDK made of it; `null`: it is another problem. */
export function mcpErrorWithin(error: unknown): McpError | null {
  let at: unknown = error;
  for (let depth = 0; depth < 6 && at instanceof Error; depth += 1) {
    if (isMcpError(at)) return at;
    at = at.cause;
  }
  return null;
}

export function isMcpError(error: unknown): error is McpError {
  return error instanceof Error && error.name === 'ServiceError' && 'sent' in error;
}
