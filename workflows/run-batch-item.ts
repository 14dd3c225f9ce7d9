// Runs in the workflow sandbox: one item of a batch as a run of its own.
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
} from '@temporalio/workflow';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { AgentInput, AgentResult, RunPlanInput, RunPlanResult } from '../common/agent.ts';
import type { ItemOutcome, PreparedItem, RunBatchItemInput } from '../common/batch.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { SEARCH_ATTRIBUTE, WORKFLOW } from '../common/names.ts';
import { nearBatchActivities } from './batch-activities.ts';

type Run = Exclude<PreparedItem, { readonly kind: 'ended' }>;

/** The run's own limit ends it in order; Temporal's is for a run that cannot. */
const GRACE_MS = 60_000;
const SUMMARY_CHARS = 200;

/**
 * The item and its result stay in this workflow's history: what the batch sees is how it ended.
 */
export async function runBatchItem(input: RunBatchItemInput): Promise<ItemOutcome> {
  const { prepareBatchItem, endBatchItem } = nearBatchActivities(input.queues);
  const prepared = await prepareBatchItem(input);
  if (prepared.kind === 'ended') return { outcome: prepared.outcome };
  const end = await runPrepared(prepared, input);
  const { tenant, batchId, index, round } = input;
  await CancellationScope.nonCancellable(() =>
    endBatchItem({ tenant, batchId, index, round, ...end }),
  );
  return { outcome: end.outcome };
}

interface RunEnd extends ItemOutcome {
  readonly problem: string | null;
  readonly result: object | null;
}

async function runPrepared(run: Run, { tenant, agent }: RunBatchItemInput): Promise<RunEnd> {
  const options = {
    workflowId: `t:${tenant.tenantId}:run:${run.runId}`,
    workflowExecutionTimeout: run.input.limits.maxWallMs + GRACE_MS,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    memo: { summary: summaryOf(run), request: '' },
    typedSearchAttributes: new TypedSearchAttributes([
      { key: TENANT, value: tenant.tenantId },
      { key: AGENT, value: agent },
    ]),
  };
  try {
    if (run.kind === 'agent') {
      const args: [AgentInput] = [run.input];
      return endOf(await executeChild<Agent>(WORKFLOW.runAgent, { ...options, args }));
    }
    const args: [RunPlanInput] = [run.input];
    return endOf(await executeChild<PlanRunner>(WORKFLOW.runPlan, { ...options, args }));
  } catch (error) {
    const outcome = isCancellation(error) ? 'cancelled' : 'failed';
    return { outcome, problem: describeFailure(error), result: null };
  }
}

type Agent = (input: AgentInput) => Promise<AgentResult>;
type PlanRunner = (input: RunPlanInput) => Promise<RunPlanResult>;

const TENANT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.tenant, 'KEYWORD');
const AGENT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.agent, 'KEYWORD');

function endOf(result: AgentResult | RunPlanResult): RunEnd {
  switch (result.outcome) {
    case 'answered':
    case 'completed':
      return { outcome: 'done', problem: null, result };
    case 'cancelled':
      return { outcome: 'cancelled', problem: result.reason, result };
    default:
      return { outcome: 'failed', problem: problemOf(result), result };
  }
}

function problemOf(result: AgentResult | RunPlanResult): string {
  if ('reason' in result && result.reason !== null) return result.reason;
  if ('question' in result) return `The planner needs to know more: ${result.question}`;
  return 'limit' in result
    ? `It reached the limit ${result.limit}.`
    : `It ended ${result.outcome}.`;
}

function summaryOf(run: Run): string {
  const text =
    run.kind === 'agent'
      ? run.input.goal
      : `${run.input.plan?.steps.length ?? 0} steps: ${run.input.plan?.steps.map(({ tool }) => tool).join(', ')}`;
  return text.replace(/\s+/g, ' ').slice(0, SUMMARY_CHARS);
}
