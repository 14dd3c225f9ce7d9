import { addUsage, NO_USAGE } from '../../../common/add-usage.ts';
import type { GoalSteps, PlanGoalInput } from '../../../common/agent.ts';
import type { ContextSaved, ContextSent } from '../../../common/context-use.ts';
import { NO_CONTEXT_USE } from '../../../common/context-use.ts';
import type { LlmRouting } from '../../../common/llm-routing.ts';
import type { LlmMessage, LlmUsage } from '../../../common/llm.ts';
import type { ToolId } from '../../../common/tool.ts';
import type { ArtifactStore } from '../../artifacts/artifact-store.ts';
import type { Compacted } from '../../context/compact.ts';
import { compact } from '../../context/compact.ts';
import type { ContextBudget } from '../../context/context-budget.ts';
import { countTokens } from '../../context/count-tokens.ts';
import { messagesTokens } from '../../context/message-tokens.ts';
import { listings } from '../../context/tool-listing.ts';
import type { CompactMessage } from '../../context/visible-messages.ts';
import { visibleMessages } from '../../context/visible-messages.ts';
import type { RegisteredTool } from '../../registry/registry.ts';
import type { ToolLookup } from '../tool-lookup.ts';
import type { FoundTools } from './find-tools.ts';
import type { FindGoalSteps } from './goal-steps.ts';
import { keptTools, listedIn } from './kept-tools.ts';
import { listTools } from './list-tools.ts';
import { goalMessage, leftMessage, openPlanCall, saidMeanwhile } from './planner-messages.ts';
import { resultsMessage } from './results-message.ts';
import type { Summarise } from './summarise.ts';
import type { ToolRoom } from './tool-room.ts';
import { createToolRoom } from './tool-room.ts';

export interface BeginDeps {
  readonly artifacts: Pick<ArtifactStore, 'put' | 'get'>;
  readonly tools: Pick<ToolLookup, 'find' | 'rules'>;
  readonly goalSteps: FindGoalSteps;
  readonly findForGoal: (goal: string, split: GoalSteps) => Promise<FoundTools>;
  readonly summarise: Summarise;
  /** Gets the tools that the model is shown. */
  readonly considered: Set<ToolId>;
}

/** A turn before the model is asked for the first time. */
export interface BegunTurn {
  readonly budget: ContextBudget;
  /** To be appended to the conversation before what the turn says: a summary, and what opens it. */
  readonly appended: readonly LlmMessage[];
  /** Sent before what the turn says. */
  readonly sent: readonly LlmMessage[];
  /** Tokens of what every call of the turn sends. */
  readonly tokens: ContextSent;
  readonly saved: ContextSaved;
  /** Absent where the turn does not begin with the goal. */
  readonly goalSteps?: GoalSteps;
  readonly toolRoom: ToolRoom;
  /** Of the call that made the summary. */
  readonly usage: LlmUsage;
  readonly routing: readonly LlmRouting[];
}

/**
 * Makes room in the conversation where it has grown too long, and adds what begins the turn: the
 * goal and the tools found for it, or what the last plan brought.
 *
 * @param recorded the summary that an earlier attempt made; `null`: it made none. Absent: there was
 *   no earlier attempt.
 */
export async function beginTurn(
  deps: BeginDeps,
  input: PlanGoalInput,
  stored: readonly LlmMessage[],
  budget: ContextBudget,
  recorded?: CompactMessage | null,
): Promise<BegunTurn> {
  const made = await makeRoom(deps, input, stored, { budget, recorded });
  const toolRoom = createToolRoom(budget.sections.tools);
  const opened = await openTurn(deps, input, { stored, visible: made.visible, budget, toolRoom });
  const { instructions } = budget.sections;
  const opening = messagesTokens(opened.messages);
  const listed = opened.tokens.tools + opened.tokens.results;
  return {
    budget,
    appended: [...(made.summary === null ? [] : [made.summary]), ...opened.messages],
    sent: [...made.visible, ...opened.messages],
    tokens: {
      ...opened.tokens,
      instructions,
      history: messagesTokens(made.visible) + Math.max(0, opening - listed),
    },
    saved: { ...opened.saved, ...made.saved },
    ...(opened.goalSteps === undefined ? {} : { goalSteps: opened.goalSteps }),
    toolRoom,
    usage: made.usage,
    routing: made.routing,
  };
}

interface MadeRoom extends Pick<Compacted, 'summary' | 'visible'> {
  readonly saved: Pick<ContextSaved, 'history' | 'tools'>;
  readonly usage: LlmUsage;
  readonly routing: readonly LlmRouting[];
}

async function makeRoom(
  deps: BeginDeps,
  { goal, turn }: PlanGoalInput,
  stored: readonly LlmMessage[],
  { budget, recorded }: { budget: ContextBudget; recorded: CompactMessage | null | undefined },
): Promise<MadeRoom> {
  const saved = { history: 0, tools: 0 };
  if (recorded !== undefined) {
    const visible = visibleMessages(recorded === null ? stored : [...stored, recorded]);
    return { summary: recorded, visible, saved, usage: NO_USAGE, routing: [] };
  }
  let usage = NO_USAGE;
  const routing: LlmRouting[] = [];
  let relisted = 0;
  const { left, savedTokens, ...compacted } = await compact(stored, {
    budget,
    // On the first turn it opens the turn.
    goal: turn > 1 ? goal : null,
    async summarise(messages, maxTokens) {
      const summary = await deps.summarise(messages, maxTokens);
      usage = addUsage(usage, summary.usage);
      routing.push(...summary.routing);
      return summary.text;
    },
    async relist(kept, maxTokens) {
      const listing = await listAgain(deps, stored, kept, maxTokens);
      relisted = countTokens(listing);
      return listing;
    },
  });
  const listedBefore = left.flatMap((message) => ('text' in message ? listings(message.text) : []));
  const dropped = listedBefore.reduce((sum, text) => sum + countTokens(text), 0) - relisted;
  saved.tools = Math.min(savedTokens, Math.max(0, dropped));
  saved.history = savedTokens - saved.tools;
  return { ...compacted, saved, usage, routing };
}

/** Tools of late, but for those that the messages which stay list. */
async function listAgain(
  { tools, considered }: BeginDeps,
  stored: readonly LlmMessage[],
  kept: readonly LlmMessage[],
  maxTokens: number,
): Promise<string> {
  const found = await Promise.all(keptTools(stored).map((name) => tools.find(name)));
  const shown = new Set(kept.flatMap(listedIn));
  const again = new Map<ToolId, RegisteredTool>();
  for (const tool of found) {
    const isUsable = tool?.enabled === true && tool.status === 'active';
    if (isUsable && !shown.has(tool.modelName)) again.set(tool.id, tool);
  }
  if (again.size === 0) return '';
  const listing = listTools([...again.values()], await tools.rules(), maxTokens);
  for (const { id } of listing.tools) considered.add(id);
  return listing.text;
}

interface Opened {
  readonly messages: readonly LlmMessage[];
  readonly tokens: Pick<ContextSent, 'tools' | 'results'>;
  readonly saved: ContextSaved;
  readonly goalSteps?: GoalSteps;
}

/** The messages that begin the turn: the goal, or what the last plan brought and what was said since. */
async function openTurn(
  deps: BeginDeps,
  { tenant, goal, observations, stepsLeft, turn, messages = [] }: PlanGoalInput,
  at: {
    readonly stored: readonly LlmMessage[];
    readonly visible: readonly LlmMessage[];
    readonly budget: ContextBudget;
    readonly toolRoom: ToolRoom;
  },
): Promise<Opened> {
  const callId = openPlanCall(at.stored);
  const said = messages.length === 0 ? [] : [saidMeanwhile(messages)];
  const nothing = NO_CONTEXT_USE.saved;
  if (turn > 1 || observations.length > 0) {
    // After an answer that was overtaken there is nothing but what was said.
    const isOvertaken = observations.length === 0 && callId === null && said.length > 0;
    if (isOvertaken) return { messages: said, tokens: { tools: 0, results: 0 }, saved: nothing };
    const results = await resultsMessage(deps.artifacts, {
      ...{ tenantId: tenant.tenantId, observations, callId, stepsLeft, visible: at.visible },
      maxTokens: at.budget.sections.results,
    });
    return {
      messages: [results.message, ...said],
      tokens: { tools: 0, results: messagesTokens([results.message]) },
      saved: { ...nothing, ...results.saved },
    };
  }
  const split = await deps.goalSteps();
  const { tools, best } = await deps.findForGoal(goal, split);
  const listing = listTools(tools, await deps.tools.rules(), at.toolRoom.next(), best);
  at.toolRoom.take(listing.tokens);
  for (const { id } of listing.tools) deps.considered.add(id);
  const left = callId === null ? [] : [leftMessage(callId)];
  return {
    messages: [...left, goalMessage(goal, listing.text, stepsLeft, split), ...said],
    goalSteps: split,
    tokens: { tools: listing.tokens, results: 0 },
    saved: { ...nothing, schemas: listing.savedTokens },
  };
}
