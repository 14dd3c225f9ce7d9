import type { Logger } from 'pino';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { PlanGoalInput, PlanGoalResult } from '../../common/agent.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ToolId } from '../../common/tool.ts';
import type { ConversationStore } from '../conversations/conversation-store.ts';
import type { RegisteredTool, Registry } from '../registry/registry.ts';
import type { ToolIndex } from '../registry/tool-index.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import type { ToolDurations } from '../tools/tool-durations.ts';
import { checkPlan } from './check-plan.ts';
import type { Candidate } from './offline/choose-tool.ts';
import { toolsNamedLike } from './offline/choose-tool.ts';
import type { FindCandidates } from './offline/draft-plan.ts';
import { draftPlan, toWrittenPlan } from './offline/draft-plan.ts';
import type { Clause } from './offline/goal/split-goal.ts';
import { searchText } from './offline/goal/search-text.ts';
import { splitGoal } from './offline/goal/split-goal.ts';
import { NAMING_NOUNS } from './offline/goal/verbs.ts';
import { allWords } from './offline/goal/words.ts';
import { isDone, writeAnswer } from './offline/write-answer.ts';
import { OFFLINE_NOTICE, writeQuestion } from './offline/write-question.ts';
import { listProblems } from './plan-checker.ts';
import type { Planner } from './planner.ts';
import { STOPPED_MESSAGE } from './stopped-message.ts';
import type { RuleSource } from './tool-lookup.ts';
import { createToolLookup } from './tool-lookup.ts';

export interface OfflinePlannerDeps {
  readonly index: Pick<ToolIndex, 'search'>;
  readonly registry: Pick<Registry, 'findTool' | 'findToolByModelName' | 'listTools' | 'getServer'>;
  readonly conversations: Pick<ConversationStore, 'append' | 'appendedTo'>;
  readonly validator: Pick<SchemaValidator, 'validate'>;
  /** @default nothing is known of how long tools take */
  readonly durations?: Pick<ToolDurations, 'expected'>;
  /** @default none */
  readonly rules?: RuleSource;
  readonly log: Logger;
}

const CANDIDATES = 12;
const MAX_CLAUSES = 100;
const MAX_GOAL_CHARS = 50_000;
const PLANNER = { kind: 'offline', provider: null, model: null } as const;

type Decision =
  | Pick<Extract<PlanGoalResult, { kind: 'plan' }>, 'kind' | 'plan'>
  | Pick<Extract<PlanGoalResult, { kind: 'answer' }>, 'kind' | 'answer'>
  | Pick<Extract<PlanGoalResult, { kind: 'needs-input' }>, 'kind' | 'question'>
  | Pick<Extract<PlanGoalResult, { kind: 'gave-up' }>, 'kind' | 'reason'>;

/**
 * Plans without a language model: one search for each clause of the goal, arguments from what the
 * clause says and from earlier steps. Where something is missing it asks instead of guessing. Its
 * second turn is the answer.
 */
export function createOfflinePlanner(deps: OfflinePlannerDeps): Planner {
  return {
    async decide(input, signal) {
      signal.throwIfAborted();
      const considered = new Set<ToolId>();
      const { messages = [] } = input;
      // What was said meanwhile is the goal now: this planner cannot weigh one against the other.
      const goal = messages.length === 0 ? input.goal : messages.join('\n');
      const isOver = input.observations.length > 0 && messages.length === 0;
      const decision = isOver
        ? concluding(input)
        : await planning(deps, { ...input, goal }, considered, signal);
      const conversation = await deps.conversations.append(
        input.tenant.tenantId,
        input.conversation,
        [
          { from: 'user', text: isOver ? 'The plan has run.' : goal },
          { from: 'model', parts: [{ kind: 'text', text: wordsOf(decision) }] },
        ],
      );
      deps.log.info(
        { decision: decision.kind, turn: input.turn, considered: considered.size },
        'offline planner decided',
      );
      const toolsConsidered = [...considered].sort();
      return { planner: PLANNER, conversation, usage: NO_USAGE, toolsConsidered, ...decision };
    },
    async stopped({ tenant: { tenantId }, conversation, goal, messages = [] }) {
      if ((await deps.conversations.appendedTo(tenantId, conversation)) !== null) return;
      const text = messages.length === 0 ? goal : messages.join('\n');
      await deps.conversations.append(tenantId, conversation, [
        { from: 'user', text },
        STOPPED_MESSAGE,
      ]);
    },
  };
}

async function planning(
  deps: OfflinePlannerDeps,
  { goal, tenant, stepsLeft, usedStepIds, usedTools, toolsBeside = [] }: PlanGoalInput,
  considered: Set<ToolId>,
  signal: AbortSignal,
): Promise<Decision> {
  if (goal.length > MAX_GOAL_CHARS) {
    const what = `The goal has ${goal.length} characters; at most ${MAX_GOAL_CHARS} are read.`;
    return { kind: 'needs-input', question: `${OFFLINE_NOTICE} ${what}` };
  }
  const tools = await deps.registry.listTools(tenant.tenantId);
  const clauses = splitGoal(goal, verbsOf(tools));
  if (clauses.length === 0 || clauses.length > MAX_CLAUSES) {
    const what =
      clauses.length === 0
        ? 'The goal names nothing to do.'
        : `The goal has ${clauses.length} parts; at most ${MAX_CLAUSES} are planned at once.`;
    return { kind: 'needs-input', question: `${OFFLINE_NOTICE} ${what}` };
  }
  const find = finder(deps, tenant.tenantId, tools, considered);
  const lookup = createToolLookup(deps.registry, tenant.tenantId, deps.durations, deps.rules);
  const draft = await draftPlan(clauses, find, new Set(usedStepIds), await lookup.rules());
  signal.throwIfAborted();
  if (draft.gaps.length > 0) return { kind: 'needs-input', question: writeQuestion(draft) };
  if (draft.steps.length > stepsLeft) {
    const reason = `The goal takes ${draft.steps.length} tool calls and the run may make ${stepsLeft} more; raise maxToolCalls or ask for less.`;
    return { kind: 'gave-up', reason: `${OFFLINE_NOTICE} ${reason}` };
  }
  const checked = await checkPlan(toWrittenPlan(draft.steps), lookup, {
    validator: deps.validator,
    usedStepIds,
    maxSteps: stepsLeft,
    usedTools: usedTools ?? [],
    toolsBeside,
  });
  if ('plan' in checked) return { kind: 'plan', plan: checked.plan };
  const question = `${writeQuestion(draft)}\n\n${listProblems(checked.problems)}`;
  return { kind: 'needs-input', question };
}

function concluding({ observations }: PlanGoalInput): Decision {
  const answer = writeAnswer(observations);
  return observations.some(isDone)
    ? { kind: 'answer', answer }
    : { kind: 'gave-up', reason: answer };
}

/** What the search finds, within the servers that the clause names, and the tools it names itself. */
function finder(
  deps: OfflinePlannerDeps,
  tenantId: TenantId,
  tools: readonly RegisteredTool[],
  considered: Set<ToolId>,
): FindCandidates {
  const byId = new Map(tools.map((tool) => [tool.id, tool]));
  const names = [...new Set(tools.map(({ server }) => server))];
  return async (clause) => {
    const servers = names.filter((name) => namesServer(clause, name));
    const hits = await deps.index.search(tenantId, searchText(clause), {
      k: CANDIDATES,
      ...(servers.length > 0 ? { servers } : {}),
    });
    const cosines = hits.flatMap(({ arms }) => (arms.dense === null ? [] : [arms.dense.score]));
    // What the embedding did not find is no nearer than the last of what it found.
    const furthest = cosines.length === 0 ? null : Math.min(...cosines);
    const candidates = new Map<ToolId, Candidate>();
    for (const [rank, hit] of hits.entries()) {
      const tool = byId.get(hit.id);
      if (tool === undefined) continue;
      candidates.set(hit.id, { tool, rank, cosine: hit.arms.dense?.score ?? furthest });
    }
    for (const tool of toolsNamedLike(clause, tools, CANDIDATES)) {
      const allowed = servers.length === 0 || servers.includes(tool.server);
      if (allowed && !candidates.has(tool.id)) {
        candidates.set(tool.id, { tool, rank: CANDIDATES, cosine: furthest });
      }
    }
    for (const id of candidates.keys()) considered.add(id);
    return [...candidates.values()];
  };
}

/** `with the memory server`, `using desk-tools`; the bare word "memory" may mean anything. */
function namesServer({ masked }: Clause, server: string): boolean {
  const spelt = server.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/[-_]/g, '[-_ ]');
  return new RegExp(
    `\\b${spelt} (?:mcp )?server\\b|\\b(?:using|via) (?:the )?${spelt}\\b|\\bserver ${spelt}\\b`,
    'i',
  ).test(masked);
}

function verbsOf(tools: readonly RegisteredTool[]): ReadonlySet<string> {
  const first = tools.flatMap(({ name }) => allWords(name).slice(0, 1));
  return new Set(first.filter((word) => !NAMING_NOUNS.has(word)));
}

function wordsOf(decision: Decision): string {
  switch (decision.kind) {
    case 'plan':
      return `${OFFLINE_NOTICE} Plan: ${decision.plan.steps.map(({ id, tool }) => `${id} (${tool})`).join(', ')}`;
    case 'answer':
      return decision.answer;
    case 'needs-input':
      return decision.question;
    case 'gave-up':
      return decision.reason;
  }
}
