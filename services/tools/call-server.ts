import type { JsonObject } from '../../common/json.ts';
import type { CallToolInput, ToolResult } from '../../common/tool.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { McpAnswer, McpProgress } from '../mcp/mcp-call.ts';
import type { McpConnections } from '../mcp/mcp-connections.ts';
import { toToolResult } from '../mcp/to-tool-result.ts';
import type { RegisteredServer, RegisteredTool } from '../registry/registry.ts';

/** One call, checked and ready to be sent. */
export interface ReadyCall {
  readonly input: CallToolInput;
  readonly tool: RegisteredTool;
  readonly server: RegisteredServer;
  /** As the server gets them. */
  readonly args: JsonObject;
  readonly onProgress: (progress: McpProgress) => void;
}

/** @throws McpError, or the signal's reason. */
export function sendToServer(
  connections: Pick<McpConnections, 'call'>,
  { input, tool, server, args, onProgress }: ReadyCall,
  signal: AbortSignal,
): Promise<McpAnswer> {
  const { transport, connectTimeoutMs, protocol } = server.definition;
  const target = {
    tenantId: input.tenant.tenantId,
    server: server.name,
    ...{ transport, trust: server.trust, connectTimeoutMs, protocol },
  };
  return connections.call(target, {
    tool: tool.name,
    args,
    timeoutMs: input.timeoutMs,
    maxTotalTimeoutMs: input.maxTotalTimeoutMs,
    // Readers share one call, which belongs to no key.
    idempotencyKey: tool.effect === 'read' ? null : input.idempotencyKey,
    retrySafe: tool.effect === 'read' || tool.effect === 'keyed',
    signal,
    onProgress,
  });
}

export function keepAnswer(
  artifacts: ArtifactStore,
  { input }: ReadyCall,
  answer: McpAnswer,
): Promise<ToolResult> {
  return toToolResult(input.tenant.tenantId, answer, artifacts);
}
