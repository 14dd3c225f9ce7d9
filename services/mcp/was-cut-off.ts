import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { isMcpError } from './mcp-error.ts';

/** The connection ended under the call, or was not there: no answer of the server, and no silence. */
export function wasCutOff(error: unknown): boolean {
  if (ProtocolError.isInstance(error) || SdkHttpError.isInstance(error)) return false;
  if (!SdkError.isInstance(error)) return error instanceof Error && !isMcpError(error);
  const { code } = error;
  return code === SdkErrorCode.ConnectionClosed || code === SdkErrorCode.NotConnected;
}
