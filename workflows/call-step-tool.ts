// Runs in the workflow sandbox: the tool call of a step, until it is known how it ended.
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { callKey } from '../common/call-key.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { FAILURE } from '../common/failures.ts';
import type { PlanStep } from '../common/plan.ts';
import type { CallToolOutcome, ToolResult } from '../common/tool.ts';
import type { ToolAnswers } from '../common/tool-question.ts';
import { askPerson } from './approve-step.ts';
import type { AskingCall } from './ask-tool-question.ts';
import { askInCall, callUntilAnswered } from './ask-tool-question.ts';
import type { PlanRun } from './execute-plan.ts';
import { HEARTBEAT_TIMEOUT_MS } from './heartbeat-timeout.ts';

/** Progress from the server extends a call up to this many times its time-out. */
const PROGRESS_FACTOR = 10;
/** A read that has taken this long of late is not short: meanwhile the run answers no query. */
const FAST_READ_MS = 100;

/**
 * Calls the tool of a step, and asks a person what the tool wants to know first. Where nobody knows
 * how a call ended and the policy says `ask`, waits until the ledger was told, and asks it.
 *
 * @param insteadOf key of the call in whose place this one is made
 * @returns `null` when the run is to continue as new first.
 */
export async function callStepTool(
  asking: AskingCall,
  insteadOf: string | undefined,
): Promise<ToolResult | null> {
  const { step, place, args, run, key } = asking;
  for (;;) {
    try {
      return await callUntilAnswered(asking, (answered) => callTool(asking, insteadOf, answered));
    } catch (error) {
      if (run.control.policy.onUnknown !== 'ask' || !isUnknown(error)) throw error;
      const about = { kind: 'outcome-unknown', reason: describeFailure(error), args } as const;
      const decision = await askPerson(step, place, run, { ...about, key });
      if (decision === null) return null;
      if (decision.verdict !== 'settled') throw error;
    }
  }
}

export function isUnknown(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && cause.type === FAILURE.toolOutcomeUnknown;
}

/** Of a call, by its place in the run: the same for every attempt. */
export function keyOf(place: string, { state, epochs }: PlanRun): string {
  const [step = ''] = place.split(/[.[]/, 1);
  const epoch = epochs?.[place] ?? epochs?.[step] ?? Math.max(1, state.plans);
  return callKey(workflowInfo().workflowId, place, epoch);
}

function callTool(
  asking: AskingCall,
  insteadOf: string | undefined,
  answered: ToolAnswers | undefined,
): Promise<CallToolOutcome> {
  const { step, args, run, key } = asking;
  const maxTotalTimeoutMs = step.timeoutMs * PROGRESS_FACTOR;
  const { onQuestion, approvals: rules = [] } = run.control.policy;
  const mayAsk = onQuestion !== 'decline';
  const { costUsd: spentUsd } = run.budget.state().spent;
  const call = callToolActivity(step, run, maxTotalTimeoutMs);
  const made = (): Promise<CallToolOutcome> =>
    call({
      tenant: run.tenant,
      tool: step.tool,
      args,
      idempotencyKey: key,
      fingerprint: step.fingerprint,
      timeoutMs: step.timeoutMs,
      maxTotalTimeoutMs,
      ...(insteadOf === undefined ? {} : { insteadOf }),
      ...(mayAsk ? { mayAsk } : {}),
      ...(rules.length === 0 ? {} : { approvals: { rules, spentUsd } }),
      ...(answered === undefined ? {} : { answered }),
    });
  return mayAsk ? run.control.questions.during(key, askInCall(asking), made) : made();
}

function callToolActivity(
  step: PlanStep,
  run: PlanRun,
  maxTotalTimeoutMs: number,
): Activities['callTool'] {
  // The tool's own time-outs end first and name the tool.
  const longestMs = maxTotalTimeoutMs + 5_000;
  const options = {
    // Bounded by time, not attempts: a call refused by an open breaker also uses up an attempt.
    // Repeats are safe for every effect class: the effect ledger refuses a second send.
    scheduleToCloseTimeout: Math.max(1_000, Math.min(longestMs, run.deadlineMs - Date.now())),
    startToCloseTimeout: longestMs,
    retry: {
      initialInterval: 500,
      backoffCoefficient: 2,
      maximumInterval: 15_000,
      ...(step.maxAttempts === undefined ? {} : { maximumAttempts: step.maxAttempts }),
    },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: `${step.id}: ${step.title}`.slice(0, 200),
  };
  const { callTool: activity } = isFastRead(step, run)
    ? proxyLocalActivities<Pick<Activities, 'callTool'>>({
        ...options,
        // What waits longer than this for its next attempt waits on the server.
        localRetryThreshold: '2 seconds',
      })
    : proxyActivities<Pick<Activities, 'callTool'>>({
        ...options,
        taskQueue: run.queues.tool,
        // A tool that hangs runs into its own time-out.
        heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
      });
  return activity;
}

/** Nothing is lost when it runs twice, and it holds the workflow task for a moment only. */
function isFastRead({ effect, expectedMs }: PlanStep, { fastReads, queues }: PlanRun): boolean {
  if (fastReads !== true || effect !== 'read' || queues.agent !== queues.tool) return false;
  return expectedMs !== undefined && expectedMs <= FAST_READ_MS;
}
