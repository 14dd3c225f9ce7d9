import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { PlanGoalInput } from '../../common/agent.ts';
import { FAILURE } from '../../common/failures.ts';
import type { LlmMessage, LlmResponse, LlmUsage } from '../../common/llm.ts';
import type { ToolId } from '../../common/tool.ts';
import type { ConversationStore } from '../conversations/conversation-store.ts';
import { ServiceError } from '../errors.ts';
import type { LlmGateway } from '../llm/gateway.ts';
import type { Registry } from '../registry/registry.ts';
import type { ToolIndex } from '../registry/tool-index.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import type { ToolDurations } from '../tools/tool-durations.ts';
import { askModel } from './model/ask-model.ts';
import { findTools, findToolsForGoal } from './model/find-tools.ts';
import { planTurn } from './model/plan-turn.ts';
import { createReplies } from './model/reply-to-call.ts';
import {
  goalMessage,
  leftMessage,
  openPlanCall,
  resultsMessage,
  saidMeanwhile,
} from './model/planner-messages.ts';
import type { Planner } from './planner.ts';
import type { RuleSource } from './tool-lookup.ts';
import { createToolLookup } from './tool-lookup.ts';

export interface ModelPlannerDeps {
  readonly gateway: Pick<LlmGateway, 'configured' | 'complete' | 'stream'>;
  readonly index: Pick<ToolIndex, 'search'>;
  readonly registry: Pick<Registry, 'findTool' | 'findToolByModelName' | 'listTools' | 'getServer'>;
  readonly conversations: Pick<ConversationStore, 'append' | 'appendedTo' | 'read'>;
  readonly validator: Pick<SchemaValidator, 'validate'>;
  /** @default nothing is known of how long tools take */
  readonly durations?: Pick<ToolDurations, 'expected'>;
  /** @default none */
  readonly rules?: RuleSource;
  readonly log: Logger;
}

type ModelMessage = Extract<LlmMessage, { from: 'model' }>;

/** What a recorded answer cost was counted by the attempt that was lost. */
const UNKNOWN_USAGE: LlmUsage = {
  inputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  outputTokens: null,
  reasoningTokens: null,
  costUsd: null,
};

/**
 * Plans with a language model. The model sees a fixed system prompt and three fixed tools; the
 * tools that a search found stand in the messages. The transcript lives in the conversation store
 * and only grows. Where an earlier attempt of the same turn got as far as writing the model's
 * answers down, they are used again and no model is called.
 */
export function createModelPlanner(deps: ModelPlannerDeps): Planner {
  return {
    async decide(input, signal, live) {
      signal.throwIfAborted();
      const { conversations, gateway, log } = deps;
      const { tenantId } = input.tenant;
      const model = gateway.configured();
      if (model === null) throw noModel();
      const transcript = await conversations.read(tenantId, input.conversation);
      const considered = new Set<ToolId>();
      const openings = await openTurn(deps, input, transcript, considered);
      const recorded = await recordedReplies(deps, input, openings);
      const turn = await planTurn({
        ask: async (said) => {
          const reply = recorded.shift();
          const messages = [...transcript, ...openings, ...said];
          if (reply === undefined) return askModel(gateway, messages, { signal, tenantId, live });
          for (const part of reply.parts) if (part.kind === 'text') live?.write('text', part.text);
          return asResponse(reply.parts, model);
        },
        reply: createReplies(
          {
            find: (query) => findTools(deps, tenantId, query),
            tools: createToolLookup(deps.registry, tenantId, deps.durations, deps.rules),
            validator: deps.validator,
            considered,
          },
          input,
        ),
      });
      const conversation = await conversations.append(tenantId, input.conversation, [
        ...openings,
        ...turn.messages,
      ]);
      const { end, usage, routing } = turn;
      const planner = { kind: 'model', ...turn.servedBy } as const;
      log.info({ decision: end.kind, turn: input.turn, ...turn.servedBy }, 'model planner decided');
      const toolsConsidered = [...considered].sort();
      return { planner, conversation, usage, toolsConsidered, routing, ...end };
    },
  };
}

/**
 * The model's messages of this turn, where an earlier attempt wrote them down and was then lost.
 * With the same replies the turn comes out the same, so that appending it again changes nothing.
 */
async function recordedReplies(
  { conversations }: ModelPlannerDeps,
  { tenant, conversation }: PlanGoalInput,
  openings: readonly LlmMessage[],
): Promise<ModelMessage[]> {
  const recorded = await conversations.appendedTo(tenant.tenantId, conversation);
  if (recorded === null) return [];
  if (!isDeepStrictEqual(recorded.slice(0, openings.length), openings)) {
    // Someone else went on from here: refused before a model is paid for an answer.
    await conversations.append(tenant.tenantId, conversation, openings);
  }
  return recorded.filter((message) => message.from === 'model');
}

/** The messages that begin the turn: the goal, or what the last plan brought and what was said since. */
async function openTurn(
  deps: ModelPlannerDeps,
  { tenant, goal, observations, stepsLeft, turn, messages = [] }: PlanGoalInput,
  transcript: readonly LlmMessage[],
  considered: Set<ToolId>,
): Promise<readonly LlmMessage[]> {
  const openCall = openPlanCall(transcript);
  const said = messages.length === 0 ? [] : [saidMeanwhile(messages)];
  if (turn > 1 || observations.length > 0) {
    // After an answer that was overtaken there is nothing but what was said.
    const isOvertaken = observations.length === 0 && openCall === null && said.length > 0;
    return isOvertaken ? said : [resultsMessage(observations, openCall, stepsLeft), ...said];
  }
  const tools = await findToolsForGoal(deps, tenant.tenantId, goal);
  for (const { id } of tools) considered.add(id);
  const rules = (await deps.rules?.active(tenant.tenantId)) ?? [];
  const left = openCall === null ? [] : [leftMessage(openCall)];
  return [...left, goalMessage(goal, tools, stepsLeft, rules), ...said];
}

function asResponse(parts: LlmResponse['parts'], servedBy: LlmResponse['servedBy']): LlmResponse {
  const finish = { unified: 'other', raw: 'recorded by an earlier attempt' } as const;
  return { parts, finish, usage: UNKNOWN_USAGE, servedBy };
}

function noModel(): ServiceError {
  return new ServiceError(
    FAILURE.unavailable,
    'No language model is configured. Set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, start Ollama with a model, or use the offline planner.',
  );
}
