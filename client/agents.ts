import type { AgentResult } from '../common/agent.ts';
import { agentInput } from './agent-input.ts';
import type { OstinatoConnection } from './connection.ts';
import type { StartAgentRequest } from './requests.ts';
import type { RunHandle } from './run-handle.ts';
import { startRun, summaryOfGoal } from './start-run.ts';

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
  const input = agentInput(connection, request);
  return startRun(connection, {
    workflow: 'runAgent',
    runId: request.runId,
    agent: input.agent,
    summary: summaryOfGoal(input.goal),
    limits: input.limits,
    input,
  });
}
