import type { CallToolResult, Tool } from '@modelcontextprotocol/client';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import type { CallRecord } from './call-record.ts';
import { currentCall } from './call-record.ts';
import type { McpAnswer, McpCall } from './mcp-call.ts';
import type { OpenClient } from './open-client.ts';

/**
 * Where a call carries its idempotency key. A server that knows it drops repeats of one key; the
 * key is the same for every attempt of one step.
 */
export const IDEMPOTENCY_META_KEY = 'io.ostinato/idempotency-key';

/**
 * Sends one `tools/call` and waits for its answer.
 *
 * @param definition the tool as listed, which the newer era needs for its header parameters
 * @throws the SDK's errors, to be put into words by `toCallError`.
 */
export async function callTool(
  opened: OpenClient,
  call: McpCall,
  record: CallRecord,
  signal: AbortSignal,
  definition: Tool | undefined,
): Promise<McpAnswer> {
  const result = await currentCall.run(record, () =>
    opened.client.callTool(
      {
        name: call.tool,
        arguments: call.args as Record<string, unknown>,
        ...(call.idempotencyKey === null
          ? {}
          : { _meta: { [IDEMPOTENCY_META_KEY]: call.idempotencyKey } }),
      },
      {
        timeout: call.timeoutMs,
        maxTotalTimeout: call.maxTotalTimeoutMs,
        resetTimeoutOnProgress: true,
        signal,
        onprogress: ({ progress, total, message }) =>
          call.onProgress({ progress, total: total ?? null, message: message ?? null }),
        ...(definition === undefined ? {} : { toolDefinition: definition }),
      },
    ),
  );
  // SDKs of the older era put the protocol error into an answer.
  const [only] = result.content;
  if (result.isError === true && only?.type === 'text' && only.text === unknownTool(call.tool)) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${call.tool} not found`);
  }
  return {
    isError: result.isError === true,
    content: result.content,
    structured: structuredOf(result),
    bytes: record.bytes,
  };
}

function unknownTool(tool: string): string {
  return `MCP error -32602: Tool ${tool} not found`;
}

/** The newer era allows any JSON value; ours are objects, so another value is put into one. */
function structuredOf({ structuredContent }: CallToolResult): JsonObject | null {
  if (structuredContent === undefined || structuredContent === null) return null;
  if (isJsonObject(structuredContent)) return structuredContent;
  return { result: structuredContent as JsonValue };
}
