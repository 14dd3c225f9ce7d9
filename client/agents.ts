import type { AgentInput, AgentResult } from '../common/agent.ts';
import type { ConversationId } from '../common/conversation.ts';
import { ulid } from 'ulid';
import type { OstinatoConnection } from './connection.ts';
import type { StartAgentRequest } from './requests.ts';
import { parseRequest, startAgentSchema } from './requests.ts';
import type { RunHandle } from './run-handle.ts';
import { resolveLimits, startRun } from './start-run.ts';

/**
 * Starts an agent on a goal.
 *
 * ```ts
 * const ostinato = await connect();
 * const run = await startAgent(ostinato, { goal: 'Summarise README.md' });
 * console.log(await run.result());
 * ```
 * @throws ClientError (`bad-input`, `unavailable`)
 */
export async function startAgent(
  connection: OstinatoConnection,
  request: StartAgentRequest,
): Promise<RunHandle<AgentResult>> {
  const parsed = parseRequest(startAgentSchema, request);
  const limits = resolveLimits(parsed.limits);
  const agent = parsed.agent ?? 'agent';
  const runId = parsed.runId ?? ulid();
  const input: AgentInput = {
    tenant: connection.tenant,
    agent,
    goal: parsed.goal,
    conversation: {
      conversationId: (parsed.conversationId ?? runId) as ConversationId,
      headVersion: parsed.headVersion ?? 0,
    },
    limits,
    queues: connection.queues,
  };
  const summary = parsed.goal.replace(/\s+/g, ' ').slice(0, 200);
  return startRun(connection, { workflow: 'runAgent', runId, agent, summary, limits, input });
}
