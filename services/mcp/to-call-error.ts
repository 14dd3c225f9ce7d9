import {
  ProtocolError,
  ProtocolErrorCode,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client';
import type { FailureType } from '../../common/failures.ts';
import { FAILURE } from '../../common/failures.ts';
import type { CallRecord } from './call-record.ts';
import { refusalWithin } from '../net/outbound.ts';
import { McpError, mcpErrorWithin } from './mcp-error.ts';
import { neverConnected, networkProblem } from './network-problem.ts';
import type { OpenClient } from './open-client.ts';
import { BadQuestion, NOBODY } from './read-questions.ts';
import { STREAM_ENDED } from './tracked-transport.ts';

export interface FailedCall {
  readonly server: string;
  readonly tool: string;
  readonly record: CallRecord;
  readonly opened: OpenClient;
  readonly maxResultBytes: number;
  readonly timeoutMs: number;
}

interface Meaning {
  readonly type: FailureType;
  readonly message: string;
  /** Default: what the transport saw. */
  readonly sent?: boolean;
  readonly retry: boolean;
}

/** Why a call brought no answer. The one table from the SDK's errors to ours. */
export function toCallError(error: unknown, call: FailedCall): McpError {
  const known = mcpErrorWithin(error);
  if (known !== null) return known;
  const { type, message, retry, sent } = meaningOf(error, call);
  return new McpError(type, `Tool "${call.tool}" of server "${call.server}" ${message}`, {
    sent: sent ?? call.record.sent,
    retry: { allowed: retry, afterMs: retry ? call.record.retryAfterMs : null },
    cause: error,
  });
}

function meaningOf(error: unknown, call: FailedCall): Meaning {
  const { record, opened } = call;
  if (record.tooLargeBytes !== null || opened.endedByTooLarge()) return tooLarge(call);
  if (ProtocolError.isInstance(error)) return fromProtocol(error, opened);
  if (error instanceof BadQuestion) return unaskable(error.message);
  if (SdkHttpError.isInstance(error)) return fromHttp(error);
  const notAllowed = refusalWithin(error);
  if (notAllowed !== null) {
    const message = `was not reached: ${notAllowed.message}`;
    return { type: FAILURE.badInput, message, sent: false, retry: false };
  }
  if (neverConnected(error)) {
    return {
      type: FAILURE.toolUnavailable,
      message: `was not reached: ${networkProblem(error)}. Check that the server runs.`,
      sent: false,
      retry: true,
    };
  }
  if (SdkError.isInstance(error)) {
    const known = fromSdk(error, call);
    if (known !== null) return known;
  }
  if (error instanceof Error && ['SyntaxError', 'ZodError'].includes(error.name))
    return notMcp(error);
  return {
    type: FAILURE.toolUnavailable,
    message: `was cut off: ${networkProblem(error) ?? describe(error)}.${endOf(opened)}`,
    retry: true,
  };
}

function tooLarge({ record, maxResultBytes }: FailedCall): Meaning {
  const size =
    record.tooLargeBytes === null
      ? `more than ${maxResultBytes} bytes`
      : `${record.tooLargeBytes} bytes or more`;
  return {
    type: FAILURE.payloadTooLarge,
    message:
      `answered with ${size}; the limit is ${maxResultBytes} bytes. Ask it for less (a page, a filter, ` +
      'a range), or raise OSTINATO_MAX_RESULT_BYTES.',
    retry: false,
  };
}

/** It waits for an answer, so it has not acted. */
function unaskable(why: string): Meaning {
  const message = `asks a person something before it goes on, and was not answered: ${why}.`;
  return { type: FAILURE.toolBadAnswer, message, sent: false, retry: false };
}

const UNKNOWN_TOOL = /unknown tool|tool\b.*\bnot found|no such tool|not found: /i;

function fromProtocol(error: ProtocolError, opened: OpenClient): Meaning {
  const said = `: ${error.message.slice(0, 500)}`;
  if (error.code === STREAM_ENDED) {
    return {
      type: FAILURE.toolUnavailable,
      message: `was cut off: its stream ended without an answer.${endOf(opened)}`,
      retry: true,
    };
  }
  if (error.code === -32_601 || (error.code === -32_602 && UNKNOWN_TOOL.test(error.message))) {
    return {
      type: FAILURE.toolNotFound,
      message: `does not exist${said}`,
      sent: false,
      retry: false,
    };
  }
  if (error.code === -32_602) {
    return {
      type: FAILURE.toolBadArguments,
      message: `did not accept its arguments${said}`,
      sent: false,
      retry: false,
    };
  }
  if (error.code === Number(ProtocolErrorCode.MissingRequiredClientCapability)) {
    return unaskable(NOBODY);
  }
  if (error.code === -32_603) {
    return {
      type: FAILURE.toolUnavailable,
      message: `failed inside the server${said}`,
      retry: true,
    };
  }
  return {
    type: FAILURE.toolBadAnswer,
    message: `answered with the protocol error ${error.code}${said}`,
    retry: false,
  };
}

function fromHttp(error: SdkHttpError): Meaning {
  const { status } = error;
  const credentials = status === 401 || status === 403;
  return {
    type: FAILURE.toolUnavailable,
    message: `was refused with HTTP ${status}${
      credentials ? '. Check the Authorization header of the server' : describeBody(error)
    }.`,
    // A refusal comes before the tool; what a 5xx hides is not known.
    ...(status < 500 ? { sent: false } : {}),
    retry: status >= 500 || [404, 408, 425, 429].includes(status),
  };
}

function describeBody(error: SdkHttpError): string {
  const text = error.data?.['text'];
  return typeof text === 'string' && text !== '' ? `: ${JSON.stringify(text.slice(0, 200))}` : '';
}

function fromSdk(error: SdkError, { opened, timeoutMs }: FailedCall): Meaning | null {
  switch (error.code) {
    case SdkErrorCode.RequestTimeout:
      return {
        type: FAILURE.toolTimeout,
        message: isTotal(error)
          ? 'took longer than it may take in all. Raise its limit, or ask it for less.'
          : `gave no sign for ${timeoutMs} ms. Raise its timeout, or let the tool report progress.`,
        retry: true,
      };
    case SdkErrorCode.ConnectionClosed:
    case SdkErrorCode.NotConnected:
      return {
        type: FAILURE.toolUnavailable,
        message: `was cut off: the connection ended.${endOf(opened)}`,
        retry: true,
      };
    case SdkErrorCode.InvalidResult:
    case SdkErrorCode.UnsupportedResultType:
    case SdkErrorCode.ClientHttpUnexpectedContent:
    case SdkErrorCode.InputRequiredRoundsExceeded:
      return notMcp(error);
    default:
      return null;
  }
}

function notMcp(error: Error): Meaning {
  return {
    type: FAILURE.toolBadAnswer,
    message: `gave an answer that is not MCP: ${describe(error)}.`,
    retry: false,
  };
}

function isTotal(error: SdkError): boolean {
  return typeof error.data === 'object' && error.data !== null && 'maxTotalTimeout' in error.data;
}

function endOf(opened: OpenClient): string {
  const ended = opened.describeEnd();
  return ended === '' ? '' : ` Known so far: ${ended}.`;
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.slice(0, 300).replace(/[.\s]+$/, '');
}
