import type { CallToolInput, ToolId } from '../common/tool.ts';
import type { BreakerTarget } from '../services/breaker/breakers.ts';

/**
 * What an activity is about to call, for its breaker: the tool's server. Models have theirs in the
 * gateway, which knows the route only when it has chosen one.
 */
export function breakerTarget(activityType: string, input: unknown): BreakerTarget | null {
  if (activityType !== 'callTool') return null;
  const { tenant, tool } = input as CallToolInput;
  return { tenantId: tenant.tenantId, kind: 'mcp', name: serverOf(tool) };
}

function serverOf(tool: ToolId): string {
  return tool.slice(0, tool.indexOf('/'));
}
