import type { Logger } from 'pino';
import { addUsage, NO_USAGE } from '../../common/add-usage.ts';
import type { GoalSteps, PlanGoalInput } from '../../common/agent.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonObject } from '../../common/json.ts';
import type { LlmRouting } from '../../common/llm-routing.ts';
import type { LlmMessage, LlmUsage } from '../../common/llm.ts';
import type { ToolId } from '../../common/tool.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import { contextBudget, promptTokensFor } from '../context/context-budget.ts';
import { countTokens } from '../context/count-tokens.ts';
import { toolsTokens } from '../context/message-tokens.ts';
import type { ConversationStore } from '../conversations/conversation-store.ts';
import type { Decomposer } from '../discovery/model-decomposer.ts';
import { ServiceError } from '../errors.ts';
import type { LlmGateway } from '../llm/gateway.ts';
import type { Registry } from '../registry/registry.ts';
import type { ToolIndex } from '../registry/tool-index.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ToolCaller } from '../tools/tool-caller.ts';
import type { ToolDurations } from '../tools/tool-durations.ts';
import { callOptions } from './model/call-options.ts';
import type { GoalAnswers } from './model/answer-like-goal.ts';
import { answerLikeGoal } from './model/answer-like-goal.ts';
import { askModel } from './model/ask-model.ts';
import type { Begin } from './model/ask-within-budget.ts';
import { createAsker, recordedAnswers } from './model/ask-within-budget.ts';
import type { BegunTurn } from './model/begin-turn.ts';
import { beginTurn } from './model/begin-turn.ts';
import { createContextCount } from './model/context-count.ts';
import { createEarlyReads } from './model/early-reads.ts';
import { findTools, findToolsForGoal, missedText } from './model/find-tools.ts';
import { createGoalSteps } from './model/goal-steps.ts';
import { listTools } from './model/list-tools.ts';
import { planTurn } from './model/plan-turn.ts';
import { PLANNER_TOOLS } from './model/planner-tools.ts';
import { pieceTokens, readArtifact } from './model/read-artifact.ts';
import { createReplies } from './model/reply-to-call.ts';
import { isBegunLike, resumeTurn } from './model/resume-turn.ts';
import { stoppedTurn } from './model/stopped-turn.ts';
import { createSummarise } from './model/summarise.ts';
import { SYSTEM_PROMPT } from './model/system-prompt.ts';
import type { Planner } from './planner.ts';
import type { RuleSource, ToolLookup } from './tool-lookup.ts';
import { createToolLookup } from './tool-lookup.ts';

export interface ModelPlannerDeps {
  readonly gateway: Pick<LlmGateway, 'configured' | 'complete' | 'stream'>;
  readonly index: Pick<ToolIndex, 'search' | 'find'>;
  readonly registry: Pick<Registry, 'findTool' | 'findToolByModelName' | 'listTools' | 'getServer'>;
  readonly conversations: Pick<ConversationStore, 'append' | 'appendedTo' | 'read'>;
  readonly artifacts: Pick<ArtifactStore, 'put' | 'get'>;
  readonly validator: Pick<SchemaValidator, 'validate'>;
  readonly context: ContextSettings;
  readonly metrics: Pick<Metrics, 'contextUse'>;
  /** @default nothing is known of how long tools take */
  readonly durations?: Pick<ToolDurations, 'expected'>;
  /** @default none */
  readonly rules?: RuleSource;
  /** Makes reads while a plan is still being written. @default none are made */
  readonly calls?: Pick<ToolCaller, 'call'>;
  /** Answers to goals that mean the same stand for the model's. @default every goal is asked */
  readonly goalAnswers?: GoalAnswers | null;
  /** Splits goals into steps. @default rules do */
  readonly decomposer?: Decomposer | undefined;
  readonly log: Logger;
}

export interface ContextSettings {
  /** Longest prompt; `null`: a share of what the model holds. */
  readonly promptTokens: number | null;
  /** What the configured model holds, tokens; `null`: not known. */
  readonly windowTokens: number | null;
  /** Who says in short what earlier messages said. */
  readonly summaries: 'model' | 'rules';
}

/** What one turn works with. */
interface TurnParts {
  readonly tools: ToolLookup;
  readonly considered: Set<ToolId>;
  /** What models used for the turn's searches, those that split the goal included. */
  readonly searching: { usage: LlmUsage; readonly routing: LlmRouting[] };
}

/**
 * Plans with a language model. The model sees a fixed system prompt and fixed tools; the tools that a
 * search found stand in the messages. The transcript lives in the conversation store and only grows;
 * what of it is sent stays within a budget of tokens. Where an earlier attempt of the same turn got
 * as far as writing the model's answers down, they are used again and no model is called.
 */
export function createModelPlanner(deps: ModelPlannerDeps): Planner {
  const { conversations, gateway, log } = deps;
  const { promptTokens, windowTokens } = deps.context;
  const usual = contextBudget(
    promptTokens ?? promptTokensFor(windowTokens),
    countTokens(SYSTEM_PROMPT) + toolsTokens(PLANNER_TOOLS),
  );

  return {
    async decide(input, signal, live) {
      signal.throwIfAborted();
      const { tenant, conversation: ref } = input;
      const { tenantId } = tenant;
      const model = gateway.configured();
      if (model === null) throw noModel();
      const parts: TurnParts = {
        tools: createToolLookup(deps.registry, tenantId, deps.durations, deps.rules),
        considered: new Set(),
        searching: { usage: NO_USAGE, routing: [] },
      };
      const recorded = await conversations.appendedTo(tenantId, ref);
      const beginning = await createBegin(deps, input, parts, {
        ...{ signal, recorded, maxPromptTokens: usual.promptTokens },
      });
      const first = await begin(conversations, input, beginning, { usual, recorded });
      const count = createContextCount();
      const asking = callOptions(input, signal);
      const early = createEarlyReads({ ...deps, tools: parts.tools }, input, signal);
      const onStep = (step: JsonObject): void => void early.offer(step);
      const asker = createAsker({
        begin: beginning,
        first: first.begun,
        recorded: recordedAnswers(first.recorded, model),
        send: (messages, escalate) => {
          const ask = () => askModel(gateway, messages, { ...asking, escalate, live, onStep });
          if (!deps.goalAnswers) return ask();
          return answerLikeGoal({ answers: deps.goalAnswers, model, live }, input, messages, ask);
        },
        live,
        count,
      });
      const { turn, unusedReads } = await early.during(() =>
        planTurn({
          ask: asker.ask,
          reply: createReplies(replyDeps(deps, input, parts, asker.begun, count), input),
        }),
      );
      const begun = asker.begun();
      const messages = [...begun.appended, ...turn.messages];
      const conversation = await conversations.append(tenantId, ref, messages);
      const context = count.total(begun);
      deps.metrics.contextUse(context);
      const { end, servedBy } = turn;
      const planner = { kind: 'model', ...servedBy } as const;
      log.info({ decision: end.kind, turn: input.turn, ...servedBy }, 'model planner decided');
      return {
        planner,
        conversation,
        usage: [turn.usage, parts.searching.usage].reduce(addUsage, begun.usage),
        toolsConsidered: [...parts.considered].sort(),
        routing: [...parts.searching.routing, ...begun.routing, ...turn.routing],
        context,
        ...(begun.goalSteps === undefined ? {} : { goalSteps: begun.goalSteps }),
        ...(unusedReads === 0 ? {} : { unusedReads }),
        ...end,
      };
    },

    stopped: (input) => keepStopped(deps, input, usual),
  };
}

async function keepStopped(
  deps: ModelPlannerDeps,
  input: PlanGoalInput,
  usual: Parameters<Begin>[0],
): Promise<void> {
  const { conversations, registry, durations, rules } = deps;
  const { tenant, conversation: ref } = input;
  const { tenantId } = tenant;
  if ((await conversations.appendedTo(tenantId, ref)) !== null) return;
  const tools = createToolLookup(registry, tenantId, durations, rules);
  const stored = await conversations.read(tenantId, ref);
  const messages = await stoppedTurn({ ...deps, tools }, input, stored, usual);
  await conversations.append(tenantId, ref, messages);
}

/** The turn as it begins, and what an earlier attempt of it wrote down. */
async function begin(
  conversations: ModelPlannerDeps['conversations'],
  { tenant: { tenantId }, conversation }: PlanGoalInput,
  beginning: Begin,
  {
    usual,
    recorded,
  }: { readonly usual: Parameters<Begin>[0]; readonly recorded: readonly LlmMessage[] | null },
) {
  if (recorded === null) return { begun: await beginning(usual), recorded: [] };
  const begun = await resumeTurn(beginning, usual, recorded);
  if (!isBegunLike(begun, recorded)) {
    // Someone else went on from here: refused before a model is paid for an answer.
    await conversations.append(tenantId, conversation, begun.appended);
  }
  return { begun, recorded };
}

async function createBegin(
  deps: ModelPlannerDeps,
  input: PlanGoalInput,
  { tools, considered, searching }: TurnParts,
  at: {
    readonly signal: AbortSignal;
    readonly recorded: readonly LlmMessage[] | null;
    readonly maxPromptTokens: number;
  },
): Promise<Begin> {
  const { signal, recorded, maxPromptTokens } = at;
  const { tenantId } = input.tenant;
  const stored = await deps.conversations.read(tenantId, input.conversation);
  const beginning = {
    artifacts: deps.artifacts,
    tools,
    considered,
    goalSteps: createGoalSteps(
      {
        ...{ decomposer: deps.decomposer, recorded, log: deps.log },
        onCost(usage, routing) {
          if (usage !== null) searching.usage = addUsage(searching.usage, usage);
          if (routing !== null) searching.routing.push(routing);
        },
      },
      input,
      signal,
    ),
    findForGoal: (goal: string, split: GoalSteps) =>
      findToolsForGoal(counting(deps, searching), tenantId, goal, split),
    summarise: createSummarise({
      by: deps.context.summaries,
      ask: (request) => deps.gateway.complete(request, { signal, tenantId }),
      signal,
      maxPromptTokens,
      log: deps.log,
    }),
  };
  return (budget, recorded) => beginTurn(beginning, input, stored, budget, recorded);
}

function replyDeps(
  deps: ModelPlannerDeps,
  { tenant: { tenantId } }: PlanGoalInput,
  { tools, considered, searching }: TurnParts,
  begun: () => BegunTurn,
  count: ReturnType<typeof createContextCount>,
): Parameters<typeof createReplies>[0] {
  return {
    find: async (requests) => {
      const found = await findTools(counting(deps, searching), tenantId, requests);
      const { toolRoom } = begun();
      const listing = listTools(found.tools, await tools.rules(), toolRoom.next(), found.best);
      toolRoom.take(listing.tokens);
      count.schemasSaved(listing.savedTokens);
      return { ...listing, text: [listing.text, ...found.missed.map(missedText)].join('\n') };
    },
    read: (args) =>
      readArtifact(deps.artifacts, tenantId, args, pieceTokens(begun().budget.sections.results)),
    tools,
    validator: deps.validator,
    considered,
  };
}

/** The same, with what searches use added up. */
function counting(
  { index, registry }: ModelPlannerDeps,
  searching: TurnParts['searching'],
): Parameters<typeof findTools>[0] {
  const onUsage = (usage: LlmUsage): void => {
    searching.usage = addUsage(searching.usage, usage);
  };
  return { index, registry, onUsage };
}

function noModel(): ServiceError {
  return new ServiceError(
    FAILURE.unavailable,
    'No language model is configured. Set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, start Ollama with a model, or use the offline planner.',
  );
}
