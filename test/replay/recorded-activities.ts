// What the runs that record.ts records call: answers by the id of the step, so that a plan says what
// becomes of it.
import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { countBegunCalls } from '../../activities/count-begun-calls.ts';
import type { WorkerActivities } from '../../activities/index.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { PlanGoalInput, PlanGoalResult } from '../../common/agent.ts';
import type { BatchCounts, BatchMode } from '../../common/batch.ts';
import type { JsonValue } from '../../common/json.ts';
import type { Plan } from '../../common/plan.ts';
import { askRun } from '../../activities/ask-run.ts';
import type { CallToolInput, CallToolOutcome, ToolResult } from '../../common/tool.ts';
import type { ToolQuestion } from '../../common/tool-question.ts';
import { LIMITS, plan, step, TENANT, textResult } from '../support/plans.ts';
import { ONE_QUEUE } from '../support/temporal.ts';

/** Items of a recorded batch. */
const ITEMS = 60;
const none: BatchCounts = { done: 0, failed: 0, cancelled: 0 };

/** @param planFor the plan of an agent's first turn, by its goal */
export function recordedActivities(
  planFor: (goal: string) => Plan,
  modes: ReadonlyMap<string, BatchMode>,
): WorkerActivities {
  return {
    callTool,
    checkPlan: async () => plan(step('checked')),
    checkArguments: async () => undefined,
    countBegunCalls,
    keepResult: async ({ result }) => result,
    findConversation: async ({ conversationId }) => ({ conversationId, headVersion: 0 }),
    keepStopped: async () => undefined,
    planGoal: async (input) => planned(input, planFor),
    ...batchActivities(modes),
  };
}

const SEATS: ToolQuestion = {
  ...{ name: 'seats', mode: 'form', message: 'How many?' },
  schema: { type: 'object', properties: { seats: { type: 'integer' } }, required: ['seats'] },
};

/**
 * `asks…` wants to know something first, `asks-during…` in the middle of the call. `bad…` fails, `no…` is refused by its tool, `held…` ends when it is cancelled; a call with `cities`
 * is one for many, and answers for all of them but for what begins with `lost`.
 */
async function callTool(input: CallToolInput): Promise<CallToolOutcome> {
  const { idempotencyKey, args, answered, maxTotalTimeoutMs } = input;
  const id = idempotencyKey.split('/').at(-2) ?? '';
  if (id.startsWith('asks-during')) {
    const answer = await askRun(idempotencyKey, maxTotalTimeoutMs)?.(SEATS);
    return textResult(JSON.stringify(answer));
  }
  if (id.startsWith('asks') && answered === undefined) {
    return { asks: { questions: [SEATS], state: 'the state of the server' } };
  }
  if (id.startsWith('bad') && !id.endsWith('.fallback')) {
    throw ApplicationFailure.nonRetryable('broke', 'Tool.Unavailable');
  }
  if (id.startsWith('no')) return textResult('no', true);
  if (id.startsWith('held')) await untilCancelled();
  const { cities } = args;
  return Array.isArray(cities) ? answerAll(cities) : textResult(`${id} done`);
}

function answerAll(cities: readonly JsonValue[]): ToolResult {
  if (cities.includes('refused')) return textResult('Not all at once.', true);
  return textResult(
    JSON.stringify(cities.map(String).map((city) => (city.startsWith('lost') ? null : `${city}!`))),
  );
}

async function planned(
  input: PlanGoalInput,
  planFor: (goal: string) => Plan,
): Promise<PlanGoalResult> {
  if (input.goal === 'Hold') await untilCancelled();
  const { conversation, turn, observations } = input;
  return {
    planner: { kind: 'offline', provider: null, model: null },
    conversation: { ...conversation, headVersion: conversation.headVersion + 1 },
    usage: NO_USAGE,
    toolsConsidered: [],
    ...(turn === 1
      ? { kind: 'plan', plan: planFor(input.goal) }
      : { kind: 'answer', answer: `${observations.length} steps seen` }),
  };
}

async function untilCancelled(): Promise<never> {
  const beat = setInterval(() => heartbeat(), 100);
  return Context.current().cancelled.finally(() => clearInterval(beat));
}

function batchActivities(modes: ReadonlyMap<string, BatchMode>) {
  return {
    openBatch: async ({ batchId }) => ({
      total: ITEMS,
      mode: modes.get(batchId) ?? 'light',
      problem: null,
    }),
    runBatchChunk: async ({ batchId, from, to }) => {
      if (batchId.startsWith('held')) await untilCancelled();
      return { ...none, done: to - from };
    },
    listBatchItems: async ({ from, to }) => ({
      waiting: Array.from({ length: Math.min(4, to - from) }, (_, at) => from + at),
      counts: { ...none, failed: Math.max(0, to - from - 4) },
    }),
    prepareBatchItem: async ({ batchId, index }) =>
      index % 4 === 3
        ? { kind: 'ended', outcome: 'failed' }
        : {
            kind: 'plan',
            runId: `${batchId}.${index}`,
            input: {
              ...{ tenant: TENANT, agent: 'batch', plan: plan(step('a')), written: null },
              ...{ limits: LIMITS, queues: ONE_QUEUE },
            },
          },
    endBatchItem: async () => undefined,
    failBatchRange: async ({ from, to }) => ({ ...none, failed: to - from }),
    closeBatch: async ({ cancelReason }) => ({
      ...{ outcome: cancelReason === null ? 'partial' : 'cancelled', reason: cancelReason },
      ...{ total: ITEMS, done: 40, failed: 20, cancelled: 0, problems: [], wallMs: 1 },
    }),
  } satisfies Partial<WorkerActivities>;
}
