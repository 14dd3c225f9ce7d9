import type { Id } from './json.ts';
import type { TenantContext } from './tenant.ts';

export type ConversationId = Id<'conversation'>;

/** Input of the `findConversation` activity. */
export interface FindConversationInput {
  readonly tenant: TenantContext;
  readonly conversationId: ConversationId;
}

/** Points at a transcript. The store is append-only, so one reference always reads the same messages. */
export interface ConversationRef {
  readonly conversationId: ConversationId;
  /** Version of the newest message the reader may see. 0 is an empty conversation. */
  readonly headVersion: number;
}
