import type { RunPlanInput, RunPlanResult } from '../common/agent.ts';
import type { Plan } from '../common/plan.ts';
import type { OstinatoConnection } from './connection.ts';
import { planSummary } from './plan-summary.ts';
import { policyOf } from './policy.ts';
import type { StartPlanRequest } from './requests.ts';
import { parseRequest, startPlanSchema } from './requests.ts';
import type { RunHandle } from './run-handle.ts';
import { resolveLimits, startRun } from './start-run.ts';

/**
 * Starts a plan without a planner. The run checks it against the registry before the first step; a
 * wrong plan ends the run with every problem named.
 *
 * @param checked a plan that was checked already, as the HTTP API does; spares the run the check.
 * @throws ClientError (`bad-input`, `unavailable`)
 */
export async function runPlan(
  connection: OstinatoConnection,
  request: StartPlanRequest,
  checked: Plan | null = null,
): Promise<RunHandle<RunPlanResult>> {
  const parsed = parseRequest(startPlanSchema, request);
  const limits = resolveLimits(parsed.limits);
  const agent = parsed.agent ?? 'plan';
  const input: RunPlanInput = {
    tenant: connection.tenant,
    agent,
    plan: checked,
    written: checked === null ? parsed.plan : null,
    limits,
    queues: connection.queues,
    ...(parsed.fastReads === true ? { fastReads: true } : {}),
    ...policyOf(connection, parsed.policy),
  };
  return startRun(connection, {
    workflow: 'runPlan',
    runId: parsed.runId,
    agent,
    summary: planSummary(parsed.plan),
    limits,
    input,
  });
}
