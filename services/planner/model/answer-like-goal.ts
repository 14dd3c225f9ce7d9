import { hash } from 'node:crypto';
import { NO_USAGE } from '../../../common/add-usage.ts';
import type { PlanGoalInput } from '../../../common/agent.ts';
import { canonicalJson } from '../../../common/canonical-json.ts';
import type { JsonValue } from '../../../common/json.ts';
import type { LlmRouting } from '../../../common/llm-routing.ts';
import type { LlmMessage, LlmResponse } from '../../../common/llm.ts';
import { cachePrefix } from '../../cache/cache-key.ts';
import type { SemanticCache } from '../../cache/semantic/semantic-cache.ts';
import type { LiveWriter } from '../../streams/live-writer.ts';
import { PLANNER_TOOLS } from './planner-tools.ts';
import { SYSTEM_PROMPT } from './system-prompt.ts';

/** Answers in words to goals, by what the goals mean. */
export type GoalAnswers = Pick<SemanticCache<LlmResponse>, 'getOrLoad'>;

export interface LikeGoalDeps {
  readonly answers: GoalAnswers;
  /** Who is asked first: another model's answers are not this one's. */
  readonly model: LlmResponse['servedBy'];
  /** Gets the words of a kept answer. @default nobody */
  readonly live?: Pick<LiveWriter, 'write'> | undefined;
}

/** Longest goal that is compared, characters: the embedding reads only the beginning of longer ones. */
const MAX_GOAL_CHARS = 500;
/** Apart from single questions to a model: what is learned of one says nothing of the other. */
const KIND = 'agent-turn';

/**
 * The answer that an agent gave to a goal that means the same, else what `ask` brings. Only the first
 * turn of a conversation is looked at, and only an answer in words is kept: what was answered by a
 * plan is planned anew. Which tools were found for the goal is not compared.
 *
 * @param messages what the model would be sent after its instructions.
 */
export async function answerLikeGoal(
  { answers, model, live }: LikeGoalDeps,
  { goal, tenant }: PlanGoalInput,
  messages: readonly LlmMessage[],
  ask: () => Promise<LlmResponse>,
): Promise<LlmResponse> {
  const isFirst = messages.length === 1 && messages[0]?.from === 'user';
  if (!isFirst || goal.length > MAX_GOAL_CHARS) return ask();
  const owner = cachePrefix(tenant.tenantId, KIND);
  const settings = [model, SYSTEM_PROMPT, PLANNER_TOOLS] as unknown as JsonValue;
  const partition = owner + hash('sha256', canonicalJson(settings), 'base64url');
  const { value, hit } = await answers.getOrLoad({ owner, partition }, goal, ask);
  if (!hit) return value;
  for (const part of value.parts) if (part.kind === 'text') live?.write('text', part.text);
  return { ...value, usage: NO_USAGE, routing: keptRouting(value.servedBy) };
}

function keptRouting({ provider, model }: LlmResponse['servedBy']): LlmRouting {
  const attempt = {
    route: `${provider}/${model}`,
    outcome: 'ok' as const,
    why: 'no model was asked: its answer to a goal that means the same was kept (OSTINATO_ANSWER_CACHE_TURNS)',
    durationMs: 0,
  };
  return { preset: 'configured', attempts: [attempt], excluded: [] };
}
