import type { JsonValue } from '../../common/json.ts';
import type { Plan, PlanStep, StepArg, StepId } from '../../common/plan.ts';
import type { ToolId, ToolResult } from '../../common/tool.ts';
import type { AgentLimits } from '../../common/agent.ts';

export const LIMITS: AgentLimits = {
  maxTurns: 5,
  maxToolCalls: 50,
  maxWallMs: 60_000,
  maxParallel: 10,
};

export const TENANT = { tenantId: 'default', actor: 'test', scopes: [] } as never;

export function step(id: string, given: Partial<Omit<PlanStep, 'id'>> = {}): PlanStep {
  return {
    id: id as StepId,
    tool: 'fake/tool' as ToolId,
    args: {},
    after: [],
    onFailure: 'abort',
    effect: 'read',
    fingerprint: null,
    timeoutMs: 5_000,
    title: id,
    ...given,
  };
}

export function after(...ids: readonly string[]): Pick<PlanStep, 'after'> {
  return { after: ids as readonly StepId[] };
}

export function output(id: string, path = ''): StepArg {
  return { kind: 'output', step: id as StepId, path };
}

export function literal(value: JsonValue): StepArg {
  return { kind: 'literal', value };
}

export function plan(...steps: readonly PlanStep[]): Plan {
  return { steps };
}

export function textResult(text: string, isError = false): ToolResult {
  return { isError, content: [{ kind: 'text', text }], structured: null, artifact: null };
}
