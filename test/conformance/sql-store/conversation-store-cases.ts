import { describe, expect, it } from 'vitest';
import type { ConversationId, ConversationRef } from '../../../common/conversation.ts';
import type { LlmMessage } from '../../../common/llm.ts';
import { createConversationStore } from '../../../services/conversations/conversation-store.ts';
import type { Database } from '../../../services/database/database.ts';
import { newTenant } from './new-tenant.ts';

const start: ConversationRef = { conversationId: 'talk' as ConversationId, headVersion: 0 };
const says = (text: string): LlmMessage => ({ from: 'user', text });

export function conversationStoreCases(open: () => Database): void {
  describe('conversations', () => {
    it('appends → each reference reads the messages up to it, and stays so', async () => {
      const store = createConversationStore(open());
      const tenant = newTenant();
      const one = await store.append(tenant, start, [says('a'), says('b')]);
      const two = await store.append(tenant, one, [says('c')]);
      expect([one.headVersion, two.headVersion]).toEqual([2, 3]);
      expect(await store.read(tenant, start)).toEqual([]);
      expect(await store.read(tenant, one)).toEqual([says('a'), says('b')]);
      expect(await store.read(tenant, two)).toEqual([says('a'), says('b'), says('c')]);
    });

    it('the same append again, also later → the same reference, nothing doubled', async () => {
      const store = createConversationStore(open());
      const tenant = newTenant();
      const one = await store.append(tenant, start, [says('a')]);
      const two = await store.append(tenant, one, [says('b')]);
      expect(await store.append(tenant, start, [says('a')])).toEqual(one);
      expect(await store.read(tenant, two)).toEqual([says('a'), says('b')]);
    });

    it('other messages onto an old head → Conflict naming both versions', async () => {
      const store = createConversationStore(open());
      const tenant = newTenant();
      await store.append(tenant, start, [says('a')]);
      await expect(store.append(tenant, start, [says('other')])).rejects.toMatchObject({
        type: 'Conflict',
        message: expect.stringMatching(/version 0 .* now at version 1/) as string,
      });
      await expect(store.append(tenant, start, [says('a'), says('b')])).rejects.toMatchObject({
        type: 'Conflict',
      });
    });

    it('what was appended onto a reference → told to whoever asks, per tenant; null where nothing was', async () => {
      const store = createConversationStore(open());
      const tenant = newTenant();
      expect(await store.appendedTo(tenant, start)).toBeNull();
      const one = await store.append(tenant, start, [says('a'), says('b')]);
      await store.append(tenant, one, [says('c')]);
      expect(await store.appendedTo(tenant, start)).toEqual([says('a'), says('b')]);
      expect(await store.appendedTo(tenant, one)).toEqual([says('c')]);
      expect(await store.appendedTo(newTenant(), start)).toBeNull();
    });

    it('the newest reference → the last append of the tenant; version 0 where there is none', async () => {
      const store = createConversationStore(open());
      const tenant = newTenant();
      expect(await store.newest(tenant, start.conversationId)).toEqual(start);
      const one = await store.append(tenant, start, [says('a'), says('b')]);
      const two = await store.append(tenant, one, [says('c')]);
      expect(await store.newest(tenant, start.conversationId)).toEqual(two);
      expect(await store.newest(newTenant(), start.conversationId)).toEqual(start);
    });

    it('ten different appends at once onto one head → one wins, nine conflict', async () => {
      const store = createConversationStore(open());
      const tenant = newTenant();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, (_, at) => store.append(tenant, start, [says(`${at}`)])),
      );
      expect(outcomes.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
      expect(await store.read(tenant, { ...start, headVersion: 1 })).toHaveLength(1);
    });

    it('ten equal appends at once → all get the same reference', async () => {
      const store = createConversationStore(open());
      const tenant = newTenant();
      const refs = await Promise.all(
        Array.from({ length: 10 }, () => store.append(tenant, start, [says('a'), says('b')])),
      );
      expect(new Set(refs.map((ref) => ref.headVersion))).toEqual(new Set([2]));
      expect(await store.read(tenant, { ...start, headVersion: 2 })).toHaveLength(2);
    });

    it('a version that no append made → NotFound for reading and appending', async () => {
      const store = createConversationStore(open());
      const tenant = newTenant();
      await store.append(tenant, start, [says('a'), says('b')]);
      const inside = { ...start, headVersion: 1 };
      await expect(store.read(tenant, inside)).rejects.toMatchObject({ type: 'NotFound' });
      await expect(store.append(tenant, inside, [says('c')])).rejects.toMatchObject({
        type: 'NotFound',
      });
    });

    it('no messages → the reference as it was', async () => {
      const store = createConversationStore(open());
      expect(await store.append(newTenant(), start, [])).toEqual(start);
    });

    it('messages above 8 MiB → PayloadTooLarge, nothing written', async () => {
      const store = createConversationStore(open());
      const tenant = newTenant();
      await expect(
        store.append(tenant, start, [says('x'.repeat(8 * 1024 * 1024))]),
      ).rejects.toMatchObject({ type: 'PayloadTooLarge' });
      expect(await store.append(tenant, start, [says('small')])).toMatchObject({ headVersion: 1 });
    });

    it('U+0000, lone surrogates, emoji and key order → read as they were written', async () => {
      const store = createConversationStore(open());
      const tenant = newTenant();
      const messages: readonly LlmMessage[] = [
        says('nul \u0000, half \uD800, 👩‍🔬, "quoted" \\ back'),
        {
          from: 'model',
          parts: [
            { kind: 'text', text: 'calling' },
            {
              kind: 'tool-call',
              callId: 'c1',
              name: 'files__read',
              args: { zed: 1, alpha: [null] },
            },
          ],
        },
        { from: 'tool', callId: 'c1', name: 'files__read', text: 'done', isError: false },
      ];
      const ref = await store.append(tenant, start, messages);
      const read = await store.read(tenant, ref);
      expect(JSON.stringify(read)).toBe(JSON.stringify(messages));
    });

    it("another tenant's conversation → NotFound, and the same id is a conversation of its own", async () => {
      const store = createConversationStore(open());
      const [mine, theirs] = [newTenant(), newTenant()];
      const ref = await store.append(mine, start, [says('secret')]);
      await expect(store.read(theirs, ref)).rejects.toMatchObject({ type: 'NotFound' });
      await expect(store.append(theirs, ref, [says('x')])).rejects.toMatchObject({
        type: 'NotFound',
      });
      const own = await store.append(theirs, start, [says('mine')]);
      expect(await store.read(theirs, own)).toEqual([says('mine')]);
      expect(await store.read(mine, ref)).toEqual([says('secret')]);
    });
  });
}
