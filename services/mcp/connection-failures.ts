import { FAILURE } from '../../common/failures.ts';
import { McpError } from './mcp-error.ts';

const MAY_BE_TRIED_AGAIN = { allowed: true, afterMs: null } as const;

/** @param reason what the transport knows of the end; empty when nothing */
export function connectionEnded(server: string, reason: string): McpError {
  const message = `Server "${server}" ended the connection`;
  return new McpError(
    FAILURE.toolUnavailable,
    reason === '' ? `${message}.` : `${message}: ${reason}.`,
    { sent: false, retry: MAY_BE_TRIED_AGAIN },
  );
}

/** For what nobody has put into words yet. */
export function connectionNotMade(server: string, error: unknown): McpError {
  const message = error instanceof Error ? error.message : String(error);
  return new McpError(
    FAILURE.toolUnavailable,
    `Server "${server}" could not be connected: ${message}`,
    { sent: false, retry: MAY_BE_TRIED_AGAIN, cause: error },
  );
}
