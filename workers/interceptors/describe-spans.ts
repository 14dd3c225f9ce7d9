import type { Attributes } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { PlanGoalInput, PlanGoalResult } from '../../common/agent.ts';
import { totalTokens } from '../../common/context-use.ts';
import type { CallToolInput, ToolResult } from '../../common/tool.ts';

/** Says on the span of an activity what it did: what was found for a goal and what was spared. */
export function describeSpans(): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const span = trace.getActiveSpan();
        const result: unknown = await next(input);
        if (span?.isRecording() === true) {
          span.setAttributes(attributesOf(info.activityType, input.args[0], result));
        }
        return result;
      },
    },
  });
}

/** Numbers and names, never what a goal, an argument or an answer says. */
function attributesOf(activityType: string, input: unknown, result: unknown): Attributes {
  if (activityType === 'planGoal') {
    return planningAttributes(input as PlanGoalInput, result as PlanGoalResult);
  }
  if (activityType === 'callTool') {
    return callAttributes(input as CallToolInput, result as ToolResult);
  }
  return {};
}

function planningAttributes(
  { tenant, turn }: PlanGoalInput,
  { kind, planner, usage, toolsConsidered, goalSteps, context, ...decided }: PlanGoalResult,
): Attributes {
  return {
    'ostinato.tenant': tenant.tenantId,
    'ostinato.turn': turn,
    'ostinato.decision': kind,
    'ostinato.planner': planner.kind,
    'ostinato.search.tools_shown': toolsConsidered.length,
    ...('plan' in decided ? { 'ostinato.plan.steps': decided.plan.steps.length } : {}),
    ...(goalSteps === undefined
      ? {}
      : {
          'ostinato.search.split_by': goalSteps.by,
          'ostinato.search.goal_steps': goalSteps.steps.length,
        }),
    ...(context === undefined
      ? {}
      : {
          'ostinato.context.sent_tokens': totalTokens(context.sent),
          ...tokensOf('sent', context.sent),
          'ostinato.context.saved_tokens': totalTokens(context.saved),
          ...tokensOf('saved', context.saved),
          'ostinato.context.compactions': context.compactions,
        }),
    // Names of OpenTelemetry's conventions for generative models.
    ...given('gen_ai.provider.name', planner.provider),
    ...given('gen_ai.response.model', planner.model),
    ...given('gen_ai.usage.input_tokens', usage.inputTokens),
    ...given('gen_ai.usage.output_tokens', usage.outputTokens),
    ...given('ostinato.cost_usd', usage.costUsd),
  };
}

function callAttributes({ tenant, tool }: CallToolInput, result: ToolResult): Attributes {
  return {
    'ostinato.tenant': tenant.tenantId,
    'ostinato.tool': tool,
    'ostinato.tool.is_error': result.isError,
    'ostinato.tool.kept_as_artifact': result.artifact !== null,
  };
}

/** `ostinato.context.saved.schemas`, and so on. */
function tokensOf(what: 'sent' | 'saved', tokens: object): Attributes {
  const named = Object.entries(tokens).map(([section, count]: [string, number]) => [
    `ostinato.context.${what}.${section}`,
    count,
  ]);
  return Object.fromEntries(named) as Attributes;
}

/** An unknown value is left out: zero would say that there was none. */
function given(name: string, value: string | number | null): Attributes {
  return value === null ? {} : { [name]: value };
}
