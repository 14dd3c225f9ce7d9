import type { Tool } from '@modelcontextprotocol/client';
import type { JsonObject } from '../../common/json.ts';
import type { ListedTool } from './listed-tool.ts';
import type { ServerListing } from './mcp-connections.ts';
import type { OpenClient } from './open-client.ts';

export function toServerListing(opened: OpenClient, tools: readonly Tool[]): ServerListing {
  return {
    tools: tools.map(toListedTool),
    era: opened.era,
    serverInfo: opened.serverInfo,
    instructions: opened.instructions,
  };
}

function toListedTool(tool: Tool): ListedTool {
  return {
    name: tool.name,
    title: tool.title ?? tool.annotations?.title ?? null,
    description: tool.description ?? '',
    inputSchema: tool.inputSchema as unknown as JsonObject,
    outputSchema: (tool.outputSchema ?? null) as JsonObject | null,
    annotations: (tool.annotations ?? null) as JsonObject | null,
  };
}
