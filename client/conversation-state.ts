import { QueryNotRegisteredError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { describeFailure } from '../common/describe-failure.ts';
import type { ConversationState } from '../workflows/definitions.ts';
import { conversationQuery } from '../workflows/definitions.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';

const WITHIN_MS = 5_000;

export function conversationWorkflowId(
  { tenant }: OstinatoConnection,
  conversationId: string,
): string {
  return `t:${tenant.tenantId}:conversation:${conversationId}`;
}

/**
 * Which messages of a conversation are answered, which is being answered, which wait.
 *
 * @throws ClientError (`not-found`, `unavailable`)
 */
export async function conversationState(
  connection: OstinatoConnection,
  conversationId: string,
): Promise<ConversationState> {
  const { temporal } = connection;
  const handle = temporal.workflow.getHandle(conversationWorkflowId(connection, conversationId));
  try {
    return await temporal.withDeadline(Date.now() + WITHIN_MS, () =>
      handle.query(conversationQuery),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      throw new ClientError(
        'not-found',
        `Nobody has said anything in conversation ${conversationId}. Begin it with "ostinato send ${conversationId} TEXT".`,
      );
    }
    const isOld = error instanceof QueryNotRegisteredError;
    const why = isOld ? 'no worker has taken it up' : describeFailure(error);
    throw new ClientError(
      'unavailable',
      `Conversation ${conversationId} cannot be read: ${why}.`,
      error,
    );
  }
}
