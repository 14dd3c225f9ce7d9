import { ProtocolError, SdkHttpError } from '@modelcontextprotocol/client';
import type { OpenClient } from './open-client.ts';

/** The server says that it does not know the session, or no longer the protocol revision. */
export function isForgotten(error: unknown, opened: OpenClient): boolean {
  if (ProtocolError.isInstance(error)) return error.code === -32_022;
  const hasSession = opened.kind === 'http' || opened.kind === 'sse';
  if (!SdkHttpError.isInstance(error) || !hasSession) return false;
  if (error.status === 404) return true;
  // Common servers answer 400 where the specification says 404.
  return error.status === 400 && opened.sessionId() !== undefined && /session/i.test(error.message);
}
