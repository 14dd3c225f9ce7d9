import type { PlanGoalInput } from '../common/agent.ts';
import type { CallToolInput, ToolId } from '../common/tool.ts';
import type { BreakerTarget } from '../services/breaker/breakers.ts';
import type { LlmGateway } from '../services/llm/gateway.ts';

/**
 * What an activity is about to call, for its breaker: the tool's server, or the model that plans.
 * Without a model the planner calls nobody.
 */
export function breakerTarget(gateway: Pick<LlmGateway, 'configured'>) {
  return (activityType: string, input: unknown): BreakerTarget | null => {
    if (activityType === 'callTool') {
      const { tenant, tool } = input as CallToolInput;
      return { tenantId: tenant.tenantId, kind: 'mcp', name: serverOf(tool) };
    }
    const model = gateway.configured();
    if (activityType !== 'planGoal' || model === null) return null;
    const { tenant } = input as PlanGoalInput;
    return {
      tenantId: tenant.tenantId,
      kind: 'provider',
      name: `${model.provider}/${model.model}`,
    };
  };
}

function serverOf(tool: ToolId): string {
  return tool.slice(0, tool.indexOf('/'));
}
