import { isDeepStrictEqual } from 'node:util';
import type { ConversationRef } from '../../../../common/conversation.ts';
import type { LlmMessage } from '../../../../common/llm.ts';
import { ServiceError } from '../../../../services/errors.ts';

/** The ConversationStore contract in memory, for one conversation of one tenant. */
export function memoryConversations() {
  const appends = new Map<number, readonly LlmMessage[]>();
  return {
    append: async (_tenant: unknown, ref: ConversationRef, messages: readonly LlmMessage[]) => {
      const there = appends.get(ref.headVersion);
      if (there !== undefined && !isDeepStrictEqual(there, messages)) {
        throw new ServiceError('Conflict', 'the conversation has moved on');
      }
      appends.set(ref.headVersion, messages);
      return { ...ref, headVersion: ref.headVersion + messages.length };
    },
    appendedTo: async (_tenant: unknown, ref: ConversationRef) =>
      appends.get(ref.headVersion) ?? null,
    read: async (_tenant: unknown, ref: ConversationRef) => {
      const messages: LlmMessage[] = [];
      while (messages.length < ref.headVersion) {
        messages.push(...(appends.get(messages.length) ?? []));
      }
      return messages;
    },
  };
}
