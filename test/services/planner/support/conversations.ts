import { isDeepStrictEqual } from 'node:util';
import type { ConversationRef } from '../../../../common/conversation.ts';
import type { LlmMessage } from '../../../../common/llm.ts';
import { ServiceError } from '../../../../services/errors.ts';

/** The ConversationStore contract in memory, for one tenant. */
export function memoryConversations() {
  const appends = new Map<string, readonly LlmMessage[]>();
  const keyOf = (ref: ConversationRef, version = ref.headVersion) =>
    `${ref.conversationId} ${version}`;
  return {
    append: async (_tenant: unknown, ref: ConversationRef, messages: readonly LlmMessage[]) => {
      const there = appends.get(keyOf(ref));
      if (there !== undefined && !isDeepStrictEqual(there, messages)) {
        throw new ServiceError('Conflict', 'the conversation has moved on');
      }
      appends.set(keyOf(ref), messages);
      return { ...ref, headVersion: ref.headVersion + messages.length };
    },
    appendedTo: async (_tenant: unknown, ref: ConversationRef) => appends.get(keyOf(ref)) ?? null,
    read: async (_tenant: unknown, ref: ConversationRef) => {
      const messages: LlmMessage[] = [];
      while (messages.length < ref.headVersion) {
        messages.push(...(appends.get(keyOf(ref, messages.length)) ?? []));
      }
      return messages;
    },
  };
}
