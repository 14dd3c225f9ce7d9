import type { JsonObject } from '../../common/json.ts';
import type { CallToolInput, ToolResult } from '../../common/tool.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { McpAnswer, McpAsking, McpAsks, McpProgress } from '../mcp/mcp-call.ts';
import type { McpConnections } from '../mcp/mcp-connections.ts';
import { toToolResult } from '../mcp/to-tool-result.ts';
import { keepAsks } from './answers-to-tools.ts';
import { ToolAsked } from './tool-asked.ts';
import type { RegisteredServer, RegisteredTool } from '../registry/registry.ts';

/** One call, checked and ready to be sent. */
export interface ReadyCall {
  readonly input: CallToolInput;
  readonly tool: RegisteredTool;
  readonly server: RegisteredServer;
  /** As the server gets them. */
  readonly args: JsonObject;
  readonly onProgress: (progress: McpProgress) => void;
  /** What may be asked of a person; `null`: nothing. */
  readonly asking: McpAsking | null;
  /** Something was asked in the middle of it. */
  readonly hasAsked: () => boolean;
}

/** @throws McpError, or the signal's reason. */
export function sendToServer(
  connections: Pick<McpConnections, 'call'>,
  { input, tool, server, args, onProgress, asking }: ReadyCall,
  signal: AbortSignal,
): Promise<McpAnswer | McpAsks> {
  const { transport, connectTimeoutMs, protocol } = server.definition;
  const target = {
    tenantId: input.tenant.tenantId,
    server: server.name,
    ...{ transport, trust: server.trust, connectTimeoutMs, protocol },
  };
  const call = {
    tool: tool.name,
    args,
    timeoutMs: input.timeoutMs,
    maxTotalTimeoutMs: input.maxTotalTimeoutMs,
    // Readers share one call, which belongs to no key.
    idempotencyKey: tool.effect === 'read' ? null : input.idempotencyKey,
    retrySafe: tool.effect === 'read' || tool.effect === 'keyed',
    signal,
    onProgress,
  };
  return asking === null
    ? connections.call(target, call)
    : connections.call(target, { ...call, asking });
}

/** @throws ToolAsked where it is none yet. */
export async function keepAnswer(
  artifacts: ArtifactStore,
  { input }: ReadyCall,
  answer: McpAnswer | McpAsks,
): Promise<ToolResult> {
  if ('questions' in answer) {
    throw new ToolAsked(input.tool, await keepAsks(artifacts, input, answer));
  }
  return toToolResult(input.tenant.tenantId, answer, artifacts);
}
