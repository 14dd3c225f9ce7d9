import { hash } from 'node:crypto';
import type { PlanGoalInput } from '../../../common/agent.ts';
import type { AskOptions } from './ask-model.ts';

/** What a planner's call to the gateway says of the run it is made for. */
export function callOptions(input: PlanGoalInput, signal: AbortSignal): AskOptions {
  const { tenantId } = input.tenant;
  const { conversationId } = input.conversation;
  // Short, since OpenAI takes 64 characters; the same for every turn of one tenant's conversation.
  const cacheKey = hash('sha256', JSON.stringify([tenantId, conversationId]), 'base64url');
  const budget = input.budgetUsd === undefined ? {} : { budgetUsd: input.budgetUsd };
  return { signal, tenantId, cacheKey, isBatch: input.batch === true, ...budget };
}
