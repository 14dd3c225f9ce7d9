// Runs in the workflow sandbox: one conversation, in which each message is a run of its own.
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import type { ControlActivities } from '../activities/control-activities.ts';
import type { AgentInput, AgentResult } from '../common/agent.ts';
import type { ConversationId, ConversationRef } from '../common/conversation.ts';
import { SEARCH_ATTRIBUTE, WORKFLOW } from '../common/names.ts';
import { continueOnNewest } from './continue-on-newest.ts';
import { HEARTBEAT_TIMEOUT_MS } from './heartbeat-timeout.ts';
import type { ConversationState, SendMessageRequest } from './definitions.ts';
import { conversationQuery, sendMessageUpdate } from './definitions.ts';
import { shouldLeave } from './should-leave.ts';

export interface ConversationInput {
  /** What each message's run gets, besides its goal and where the conversation stands. */
  readonly run: Omit<AgentInput, 'goal' | 'conversation'>;
  readonly conversationId: string;
  /** A conversation in which nobody has said anything for so long ends; the next message opens it. */
  readonly idleMs: number;
  /** Set by the workflow itself when it continues as new. */
  readonly carried?: {
    readonly queue: readonly SendMessageRequest[];
    readonly seen: readonly string[];
  };
}

const MAX_QUEUE = 100;
const MAX_SEEN = 1_000;
/** The run's own limit ends it in order; Temporal's is for a run that cannot. */
const GRACE_MS = 60_000;
const TENANT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.tenant, 'KEYWORD');
const AGENT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.agent, 'KEYWORD');

/**
 * Messages are answered one after another, each by a run whose id is that of the message, so that a
 * backend that keeps nothing finds conversation and answer by the ids it was given.
 */
export async function runConversation(input: ConversationInput): Promise<void> {
  const queue = [...(input.carried?.queue ?? [])];
  const seen = new Set(input.carried?.seen ?? []);
  let answering: SendMessageRequest | null = null;
  setHandler(
    sendMessageUpdate,
    (message) => {
      if (!seen.has(message.messageId)) queue.push(message);
      seen.add(message.messageId);
      const oldest = seen.values().next().value;
      if (seen.size > MAX_SEEN && oldest !== undefined) seen.delete(oldest);
      return { runId: message.messageId };
    },
    {
      validator(message) {
        refuse(input, message, queue.length);
        refuseOtherText(message, answering === null ? queue : [answering, ...queue]);
      },
    },
  );
  setHandler(conversationQuery, () => stateOf([...seen], answering?.messageId ?? null, queue));
  for (;;) {
    const isBusy = await condition(() => queue.length > 0, input.idleMs);
    const next = queue.shift();
    answering = next ?? null;
    if (next !== undefined) await answer(input, next);
    answering = null;
    if (!isBusy && queue.length === 0 && allHandlersFinished()) return;
    if (!shouldLeave(input.run.leaveAfterEvents, false)) continue;
    await condition(allHandlersFinished);
    const carried = { queue, seen: [...seen] };
    await continueOnNewest<typeof runConversation>({ ...input, carried });
  }
}

const MAX_ANSWERED = 100;

function stateOf(
  seen: readonly string[],
  answering: string | null,
  queue: readonly SendMessageRequest[],
): ConversationState {
  const waiting = queue.map(({ messageId }) => messageId);
  const open = new Set([...waiting, answering]);
  const answered = seen.filter((id) => !open.has(id)).slice(-MAX_ANSWERED);
  return { answered, answering, waiting };
}

/** A run that fails is an answer too: its handle says why, and the conversation goes on. */
async function answer(
  { run, conversationId }: ConversationInput,
  { messageId, text }: SendMessageRequest,
): Promise<void> {
  const { tenantId } = run.tenant;
  const conversation = await newestHead(run, conversationId);
  const options = {
    workflowId: `t:${tenantId}:run:${messageId}`,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    workflowExecutionTimeout: run.limits.maxWallMs + GRACE_MS,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    memo: { summary: text.replace(/\s+/g, ' ').slice(0, 200), request: '' },
    typedSearchAttributes: new TypedSearchAttributes([
      { key: TENANT, value: tenantId },
      { key: AGENT, value: run.agent },
    ]),
    args: [{ ...run, goal: text, conversation }] as [AgentInput],
  };
  try {
    await executeChild<(input: AgentInput) => Promise<AgentResult>>(WORKFLOW.runAgent, options);
  } catch {
    // Nothing to do here.
  }
}

/** From the store and not from the last run: that may have ended without saying. */
function newestHead(
  { tenant, queues }: ConversationInput['run'],
  conversationId: string,
): Promise<ConversationRef> {
  const { findConversation } = proxyActivities<Pick<ControlActivities, 'findConversation'>>({
    taskQueue: queues.tool,
    startToCloseTimeout: '30 seconds',
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  });
  return findConversation({ tenant, conversationId: conversationId as ConversationId });
}

const MAX_TEXT_CHARS = 20_000;

function refuse(input: ConversationInput, message: SendMessageRequest, waiting: number): void {
  const { tenantId, messageId, text } = message ?? {};
  if (typeof messageId !== 'string' || typeof text !== 'string') {
    throw new Error('"sendMessage" takes {tenantId, actor, messageId, text}.');
  }
  if (tenantId !== input.run.tenant.tenantId) {
    throw new Error(`This is no conversation of tenant "${tenantId}".`);
  }
  if (text.trim() === '' || text.length > MAX_TEXT_CHARS) {
    throw new Error(`A message has 1 to ${MAX_TEXT_CHARS} characters.`);
  }
  if (waiting < MAX_QUEUE) return;
  throw new Error(`${MAX_QUEUE} messages wait: send this one later.`);
}

/** Whoever sends one would be given the answer to the other. */
function refuseOtherText(
  { messageId, text }: SendMessageRequest,
  open: readonly SendMessageRequest[],
): void {
  if (!open.some((each) => each.messageId === messageId && each.text !== text)) return;
  throw new Error(
    `The message id "${messageId}" was another text in this conversation. Choose another one, or leave it out.`,
  );
}
