import { SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { FAILURE } from '../../common/failures.ts';
import { refusalWithin } from '../net/outbound.ts';
import { McpError, mcpErrorWithin } from './mcp-error.ts';
import type { McpTarget } from './mcp-target.ts';
import { networkCode, networkProblem } from './network-problem.ts';

export interface FailedConnect {
  readonly target: McpTarget;
  /** What the transport knows about its end; empty when nothing. */
  readonly ended: string;
  readonly timedOut: boolean;
}

const AGAIN = { allowed: true, afterMs: null };

/** Why a server could not be connected, with the remedy. Nothing was sent to any tool. */
export function toConnectError(error: unknown, failed: FailedConnect): McpError {
  const known = mcpErrorWithin(error);
  if (known !== null) return known;
  const { target, ended, timedOut } = failed;
  const who = `Server "${target.server}"`;
  const notAllowed = refusalWithin(error);
  if (notAllowed !== null) {
    const message = `${who} is not connected: ${notAllowed.message}`;
    return new McpError(FAILURE.badInput, message, { sent: false, cause: error });
  }
  const because = ended === '' ? '' : ` Known so far: ${ended}.`;
  if (timedOut) {
    return new McpError(
      FAILURE.toolTimeout,
      `${who} did not finish the handshake within ${target.connectTimeoutMs} ms.${because} ` +
        'Check that it is an MCP server of the configured type, or raise its connect timeout.',
      { sent: false, retry: AGAIN, cause: error },
    );
  }
  const cannotStart = startProblem(error, target);
  if (cannotStart !== null) {
    return new McpError(FAILURE.toolUnavailable, `${who} could not be started: ${cannotStart}`, {
      sent: false,
      cause: error,
    });
  }
  if (SdkHttpError.isInstance(error)) return refused(error, who, target);
  return new McpError(
    FAILURE.toolUnavailable,
    `${who} could not be connected: ${reasonOf(error)}.${because} ${remedy(target)}`,
    { sent: false, retry: AGAIN, cause: error },
  );
}

function startProblem(error: unknown, { transport }: McpTarget): string | null {
  if (transport.kind !== 'stdio') return null;
  const code = networkCode(error);
  if (code === 'ENOENT') {
    const where =
      transport.cwd === null ? '' : `, or the directory ${JSON.stringify(transport.cwd)}`;
    return `the command ${JSON.stringify(transport.command)}${where} does not exist. Install it, or correct "command".`;
  }
  if (code === 'EACCES') {
    return `${JSON.stringify(transport.command)} may not be executed. Check its permissions.`;
  }
  return null;
}

function refused(error: SdkHttpError, who: string, target: McpTarget): McpError {
  const credentials = error.status === 401 || error.status === 403;
  const advice = credentials
    ? 'Check the Authorization header of the server and the variable it is taken from.'
    : remedy(target);
  return new McpError(
    FAILURE.toolUnavailable,
    `${who} answered the handshake with HTTP ${error.status}. ${advice}`,
    {
      sent: false,
      retry: { allowed: error.status >= 500 || error.status === 429, afterMs: null },
      cause: error,
    },
  );
}

function reasonOf(error: unknown): string {
  const network = networkProblem(error);
  if (network !== null) return network;
  if (SdkError.isInstance(error) && error.code === SdkErrorCode.ConnectionClosed) {
    return 'the connection was closed during the handshake';
  }
  const message = error instanceof Error ? error.message : String(error);
  return message.slice(0, 300).replace(/[.\s]+$/, '');
}

function remedy({ transport }: McpTarget): string {
  return transport.kind === 'stdio'
    ? `Run ${JSON.stringify([transport.command, ...transport.args].join(' '))} by hand to see what it says.`
    : `Check that ${withoutSecrets(transport.url)} is reachable and speaks MCP over "${transport.kind}".`;
}

/** A URL may carry a token in its query or user part. */
function withoutSecrets(text: string): string {
  if (!URL.canParse(text)) return JSON.stringify(text);
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}
