import type { AgentInput } from '../common/agent.ts';
import type { ConversationId } from '../common/conversation.ts';
import type { OstinatoConnection } from './connection.ts';
import { policyOf } from './policy.ts';
import type { StartAgentRequest } from './requests.ts';
import { parseRequest, startAgentSchema } from './requests.ts';
import { resolveLimits } from './start-run.ts';

/**
 * What the `runAgent` workflow takes, from what a caller says.
 * @throws ClientError (`bad-input`)
 */
export function agentInput(connection: OstinatoConnection, request: StartAgentRequest): AgentInput {
  const parsed = parseRequest(startAgentSchema, request);
  return {
    tenant: connection.tenant,
    agent: parsed.agent ?? 'agent',
    goal: parsed.goal,
    conversation:
      parsed.conversationId === undefined
        ? null
        : {
            conversationId: parsed.conversationId as ConversationId,
            headVersion: parsed.headVersion ?? 0,
          },
    limits: resolveLimits(parsed.limits),
    queues: connection.queues,
    ...(parsed.fastReads === true ? { fastReads: true } : {}),
    ...policyOf(connection, parsed.policy),
  };
}
