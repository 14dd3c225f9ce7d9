import type { Logger } from 'pino';
import type { GoalSteps, PlanGoalInput } from '../../../common/agent.ts';
import type { LlmRouting } from '../../../common/llm-routing.ts';
import type { LlmMessage, LlmUsage } from '../../../common/llm.ts';
import type { Decomposer } from '../../discovery/model-decomposer.ts';
import { splitGoal } from '../offline/goal/split-goal.ts';
import { callOptions } from './call-options.ts';

const MAX_STEPS = 12;
/** Words from which on a goal may take more steps than its text has clauses. */
const LONG_WORDS = 12;

export interface GoalStepsDeps {
  /** @default rules alone */
  readonly decomposer?: Decomposer | undefined;
  /** What an earlier attempt of the turn wrote down; `null`: there was none. */
  readonly recorded: readonly LlmMessage[] | null;
  readonly onCost: (usage: LlmUsage | null, routing: LlmRouting | null) => void;
  readonly log: Logger;
}

/** The steps of the turn's goal; asked for more than once, the same. */
export type FindGoalSteps = () => Promise<GoalSteps>;

/**
 * The steps that a goal takes, each of which is searched for: by a model where there is one and the
 * goal may hold several, else by rules. An attempt that was made before decides for this one, so that
 * the turn comes out the same.
 */
export function createGoalSteps(
  deps: GoalStepsDeps,
  input: PlanGoalInput,
  signal: AbortSignal,
): FindGoalSteps {
  let found: Promise<GoalSteps> | null = null;
  return () => (found ??= goalSteps(deps, input, signal));
}

async function goalSteps(
  { decomposer, recorded, onCost, log }: GoalStepsDeps,
  input: PlanGoalInput,
  signal: AbortSignal,
): Promise<GoalSteps> {
  const clauses = splitGoal(input.goal).slice(0, MAX_STEPS);
  const byRules: GoalSteps = { by: 'rules', steps: clauses.map(({ text }) => text) };
  if (recorded !== null) return recordedSteps(recorded) ?? byRules;
  const isLong = input.goal.trim().split(/\s+/, LONG_WORDS).length >= LONG_WORDS;
  if (decomposer === undefined || !(isLong || clauses.length > 1)) return byRules;
  try {
    const { cacheKey: _, ...options } = callOptions(input, signal);
    const { tenantId } = input.tenant;
    const { steps, usage, routing } = await decomposer.decompose(input.goal, {
      ...options,
      tenantId,
    });
    onCost(usage, routing);
    if (steps !== null) return { by: 'model', steps: steps.slice(0, MAX_STEPS) };
    log.warn('the model named no steps of a goal, which is split by rules');
  } catch (error) {
    if (signal.aborted) throw error;
    log.warn({ problem: String(error) }, 'a goal is split by rules, since the model failed to');
  }
  return byRules;
}

function recordedSteps(messages: readonly LlmMessage[]): GoalSteps | null {
  for (const message of messages) {
    if (message.from === 'user' && message.steps !== undefined) {
      return { by: 'model', steps: message.steps };
    }
  }
  return null;
}
