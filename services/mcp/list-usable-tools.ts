import type { Tool } from '@modelcontextprotocol/client';
import type { Logger } from 'pino';
import type { JsonObject } from '../../common/json.ts';
import { headerParameterProblem } from './header-parameter-problem.ts';
import { listAllTools } from './list-all-tools.ts';
import type { McpTarget } from './mcp-target.ts';
import type { OpenClient } from './open-client.ts';

export interface ListUsableTools {
  readonly maxTools: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * The server's tools without those that ask for header parameters in a wrong way.
 *
 * @throws McpError (Tool.BadAnswer) as `listAllTools` does.
 */
export async function listUsableTools(
  opened: OpenClient,
  target: McpTarget,
  { maxTools, signal, log }: ListUsableTools,
): Promise<readonly Tool[]> {
  if (!opened.hasTools) return [];
  const tools = await listAllTools(opened.client, target.server, {
    maxTools,
    timeoutMs: target.connectTimeoutMs,
    signal,
  });
  if (opened.kind !== 'http' || opened.prior.kind === 'legacy') return tools;
  return tools.filter((tool) => {
    const problem = headerParameterProblem(tool.inputSchema as unknown as JsonObject);
    if (problem === null) return true;
    log.warn({ server: target.server, tool: tool.name, problem }, 'MCP tool left out');
    return false;
  });
}
