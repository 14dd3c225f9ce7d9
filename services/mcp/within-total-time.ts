import { SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { FAILURE } from '../../common/failures.ts';
import type { McpCall } from './mcp-call.ts';
import { isMcpError, McpError } from './mcp-error.ts';

/**
 * Runs a call under a signal that is raised when its whole time is over or the caller gives up.
 *
 * @throws McpError (Tool.Timeout) when the time was over before the server was connected; the reason
 *   of `call.signal` as it is.
 */
export async function withinTotalTime<T>(
  call: McpCall,
  server: string,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { maxTotalTimeoutMs } = call;
  const total = new AbortController();
  const timer = setTimeout(() => total.abort(totalTimeout(maxTotalTimeoutMs)), maxTotalTimeoutMs);
  try {
    return await run(AbortSignal.any([call.signal, total.signal]));
  } catch (error) {
    // The caller knows why it gave up; its reason must stay recognisable.
    call.signal.throwIfAborted();
    if (isMcpError(error)) throw error;
    throw new McpError(
      FAILURE.toolTimeout,
      `Server "${server}" was not connected when the ${maxTotalTimeoutMs} ms for the call of "${call.tool}" were over.`,
      { sent: false, retry: { allowed: true, afterMs: null }, cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** In the shape of the SDK's own, which looks at it only when progress comes in. */
function totalTimeout(maxTotalTimeout: number): SdkError {
  return new SdkError(SdkErrorCode.RequestTimeout, 'Maximum total timeout exceeded', {
    maxTotalTimeout,
  });
}
