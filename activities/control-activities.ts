import type { PlanGoalInput } from '../common/agent.ts';
import type { CheckArgumentsInput, KeepResultInput, ToolResult } from '../common/tool.ts';
import type { ConversationRef, FindConversationInput } from '../common/conversation.ts';
import type { ConversationStore } from '../services/conversations/conversation-store.ts';
import type { ResultKeeper } from '../services/artifacts/result-keeper.ts';
import type { Planner } from '../services/planner/planner.ts';
import type { ArgumentChecker } from '../services/tools/argument-checker.ts';
import type { BegunCallsInput } from '../common/begun-calls.ts';
import { countBegunCalls } from './count-begun-calls.ts';
import { runActivity } from './run-activity.ts';

/** What runs need of the world besides tools and plans. */
export function createControlActivities(deps: {
  readonly arguments: ArgumentChecker;
  readonly results: ResultKeeper;
  readonly conversations: Pick<ConversationStore, 'newest'>;
  readonly planner: Pick<Planner, 'stopped'>;
}) {
  return {
    /** @throws Tool.BadArguments and the like: the tool would not be called with them. */
    checkArguments(input: CheckArgumentsInput): Promise<void> {
      return runActivity(() => deps.arguments.check(input));
    },
    /** @returns how many tool calls a run has begun that was killed; `null`: nobody can tell. */
    countBegunCalls(input: BegunCallsInput): Promise<number | null> {
      return runActivity(() => countBegunCalls(input));
    },
    /** @returns where a conversation stands now. */
    findConversation({ tenant, conversationId }: FindConversationInput): Promise<ConversationRef> {
      return runActivity(() => deps.conversations.newest(tenant.tenantId, conversationId));
    },
    /** A turn that was being decided when its run was cancelled: what was said stays. */
    keepStopped(input: PlanGoalInput): Promise<void> {
      return runActivity(() => deps.planner.stopped(input));
    },
    /** @returns the result by reference. */
    keepResult({ tenant, result }: KeepResultInput): Promise<ToolResult> {
      return runActivity(() => deps.results.keep(tenant.tenantId, result));
    },
  };
}

export type ControlActivities = ReturnType<typeof createControlActivities>;
