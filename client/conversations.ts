import { hash } from 'node:crypto';
import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import {
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { ulid } from 'ulid';
import { z } from 'zod';
import type { AgentResult } from '../common/agent.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { WORKFLOW } from '../common/names.ts';
import { sendMessageUpdate } from '../workflows/definitions.ts';
import type { ConversationInput } from '../workflows/run-conversation.ts';
import { agentInput } from './agent-input.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import { conversationWorkflowId } from './conversation-state.ts';
import { ordererOf } from './orders.ts';
import { plainName } from './plain-name.ts';
import { parseRequest, startAgentSchema } from './requests.ts';
import type { RunHandle } from './run-handle.ts';
import { runHandle } from './runs.ts';
import type { RunMemo } from './start-run.ts';
import { runAttributes, summaryOfGoal, workflowIdOf } from './start-run.ts';

export const sendMessageSchema = z.strictObject({
  conversationId: plainName,
  text: startAgentSchema.shape.goal,
  /** Chosen by the caller to make the message repeatable: the same id is the same message. */
  messageId: plainName.optional(),
  agent: startAgentSchema.shape.agent,
  limits: startAgentSchema.shape.limits,
  policy: startAgentSchema.shape.policy,
});
export type SendMessageRequest = z.input<typeof sendMessageSchema>;

/** A conversation in which nobody says anything ends; the next message opens it again. */
const IDLE_MS = 3_600_000;
const WITHIN_MS = 10_000;
/** A message waits until those before it are answered. */
const LOOK_EVERY_MS = 250;

/**
 * Says something in a conversation, which begins with its first message. The conversation is found
 * by its id alone, in one call: nothing needs to be kept or looked up. Each message is answered by a
 * run of its own, whose id is that of the message, after those before it.
 *
 * `agent`, `limits` and `policy` count for messages that open the conversation.
 *
 * @throws ClientError (`bad-input`, `conflict`, `unavailable`)
 */
export async function sendMessage(
  connection: OstinatoConnection,
  request: SendMessageRequest,
): Promise<RunHandle<AgentResult>> {
  const parsed = parseRequest(sendMessageSchema, request);
  const { conversationId, text, messageId = ulid(), agent, limits, policy } = parsed;
  const {
    goal: _goal,
    conversation: _none,
    ...run
  } = agentInput(connection, {
    goal: text,
    ...{ agent, limits, policy },
  });
  const input: ConversationInput = { run, conversationId, idleMs: IDLE_MS };
  const { temporal, queues } = connection;
  const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW.runConversation, {
    workflowId: conversationWorkflowId(connection, conversationId),
    taskQueue: queues.agent,
    args: [input],
    memo: { summary: summaryOfGoal(text) },
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    typedSearchAttributes: runAttributes(connection, run.agent),
  });
  // An id that was made here is nobody else's.
  const named = { conversationId, messageId, text };
  if (parsed.messageId !== undefined) await isTaken(connection, named);
  try {
    await temporal.withDeadline(Date.now() + WITHIN_MS, () =>
      temporal.workflow.executeUpdateWithStart(sendMessageUpdate, {
        args: [{ ...ordererOf(connection), messageId, text }],
        // The server takes updates of one id for the same one, and never asks the workflow.
        updateId: `${messageId}:${hash('sha256', text).slice(0, 16)}`,
        startWorkflowOperation,
      }),
    );
  } catch (error) {
    const why = `Conversation ${conversationId} did not take the message: ${describeFailure(error)}`;
    const isRefused = error instanceof WorkflowUpdateFailedError;
    throw new ClientError(isRefused ? 'conflict' : 'unavailable', why, error);
  }
  return whenStarted(connection, named);
}

/** The run begins when the messages before it are answered; until then its result is waited for. */
function whenStarted(connection: OstinatoConnection, message: Message): RunHandle<AgentResult> {
  const handle = runHandle<AgentResult>(connection, message.messageId);
  return {
    ...handle,
    async result() {
      for (;;) {
        if (await isTaken(connection, message)) return handle.result();
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    },
  };
}

interface Message {
  readonly conversationId: string;
  readonly messageId: string;
  readonly text: string;
}

/**
 * Whether the run of the message has begun.
 *
 * @throws ClientError (`conflict`) where the id is that of another run: its answer is not this one's.
 */
async function isTaken(connection: OstinatoConnection, message: Message): Promise<boolean> {
  const { conversationId, messageId, text } = message;
  const workflow = connection.temporal.workflow.getHandle(workflowIdOf(connection, messageId));
  const found = await workflow.describe().catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return null;
    const why = `Message ${messageId} cannot be looked up: ${describeFailure(error)}`;
    throw new ClientError('unavailable', why, error);
  });
  if (found === null) return false;
  const memo = found.memo as Partial<RunMemo> | undefined;
  const conversation = conversationWorkflowId(connection, conversationId);
  const isOurs = found.parentExecution?.workflowId === conversation;
  if (isOurs && memo?.summary === summaryOfGoal(text)) return true;
  const whose = isOurs ? 'was another text in this conversation' : 'is that of another run';
  throw new ClientError(
    'conflict',
    `The message id "${messageId}" ${whose}. Choose another one, or leave it out.`,
  );
}
