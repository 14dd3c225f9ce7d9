import { createHash } from 'node:crypto';
import { and, asc, desc, eq, lte } from 'drizzle-orm';
import { canonicalJson } from '../../common/canonical-json.ts';
import type { ConversationRef } from '../../common/conversation.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonValue } from '../../common/json.ts';
import type { LlmMessage } from '../../common/llm.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Database } from '../database/database.ts';
import { conversationAppends } from '../database/schema.ts';
import { withDatabaseErrors } from '../database/with-database-errors.ts';
import { ServiceError } from '../errors.ts';

/** Transcripts, append-only. A conversation begins with its first append, onto head version 0. */
export interface ConversationStore {
  /**
   * Appends onto `ref` and returns the reference that includes the messages. The same append done
   * again returns the same reference, so an activity's second attempt cannot fork a conversation.
   *
   * @throws ServiceError (Conflict) when something else was appended onto `ref`; (NotFound) when
   *   `ref` is no reference of this tenant; (PayloadTooLarge) above 8 MiB.
   */
  append(
    tenantId: TenantId,
    ref: ConversationRef,
    messages: readonly LlmMessage[],
  ): Promise<ConversationRef>;
  /**
   * All messages up to `ref.headVersion`, oldest first.
   *
   * @throws ServiceError (NotFound) when `ref` is no reference of this tenant.
   */
  read(tenantId: TenantId, ref: ConversationRef): Promise<readonly LlmMessage[]>;
  /** The newest reference; version 0 where nothing was appended yet. */
  newest(
    tenantId: TenantId,
    conversationId: ConversationRef['conversationId'],
  ): Promise<ConversationRef>;
  /**
   * What was appended directly onto `ref`, or `null`: how an activity's second attempt learns what
   * its first one wrote before it was lost.
   */
  appendedTo(tenantId: TenantId, ref: ConversationRef): Promise<readonly LlmMessage[] | null>;
}

const MAX_APPEND_BYTES = 8 * 1024 * 1024;

export function createConversationStore({ db }: Pick<Database, 'db'>): ConversationStore {
  async function assertExists(tenantId: TenantId, ref: ConversationRef): Promise<void> {
    if (ref.headVersion === 0) return;
    const [row] = await db
      .select({ headVersion: conversationAppends.headVersion })
      .from(conversationAppends)
      .where(
        and(inConversation(tenantId, ref), eq(conversationAppends.headVersion, ref.headVersion)),
      );
    if (row === undefined) throw noSuchConversation(ref);
  }

  return withDatabaseErrors({
    async append(tenantId, ref, messages) {
      if (messages.length === 0) return ref;
      const text = canonicalJson(messages as unknown as JsonValue);
      assertFits(ref, text);
      await assertExists(tenantId, ref);
      const digest = createHash('sha256').update(text).digest('hex');
      const headVersion = ref.headVersion + messages.length;
      const next = { conversationId: ref.conversationId, headVersion };
      const written = await db
        .insert(conversationAppends)
        .values({
          tenantId,
          ...next,
          baseVersion: ref.headVersion,
          digest,
          messages,
          createdAtMs: Date.now(),
        })
        .onConflictDoNothing()
        .returning({ digest: conversationAppends.digest });
      if (written.length === 0) await assertRepeat(db, tenantId, ref, digest);
      return next;
    },

    async read(tenantId, ref) {
      await assertExists(tenantId, ref);
      if (ref.headVersion === 0) return [];
      const rows = await db
        .select({ messages: conversationAppends.messages })
        .from(conversationAppends)
        .where(
          and(inConversation(tenantId, ref), lte(conversationAppends.headVersion, ref.headVersion)),
        )
        .orderBy(asc(conversationAppends.headVersion));
      return rows.flatMap((row) => row.messages);
    },

    async newest(tenantId, conversationId) {
      const [row] = await db
        .select({ headVersion: conversationAppends.headVersion })
        .from(conversationAppends)
        .where(inConversation(tenantId, { conversationId }))
        .orderBy(desc(conversationAppends.headVersion))
        .limit(1);
      return { conversationId, headVersion: row?.headVersion ?? 0 };
    },

    async appendedTo(tenantId, ref) {
      const [row] = await db
        .select({ messages: conversationAppends.messages })
        .from(conversationAppends)
        .where(
          and(inConversation(tenantId, ref), eq(conversationAppends.baseVersion, ref.headVersion)),
        );
      return row?.messages ?? null;
    },
  });
}

/** Why an append did not go in: it is there already, or something else is. */
async function assertRepeat(
  db: Database['db'],
  tenantId: TenantId,
  ref: ConversationRef,
  digest: string,
): Promise<void> {
  const [there] = await db
    .select({ digest: conversationAppends.digest })
    .from(conversationAppends)
    .where(
      and(inConversation(tenantId, ref), eq(conversationAppends.baseVersion, ref.headVersion)),
    );
  if (there?.digest === digest) return;
  const [newest] = await db
    .select({ headVersion: conversationAppends.headVersion })
    .from(conversationAppends)
    .where(inConversation(tenantId, ref))
    .orderBy(desc(conversationAppends.headVersion))
    .limit(1);
  throw movedOn(ref, newest?.headVersion ?? ref.headVersion);
}

function inConversation(tenantId: TenantId, ref: Pick<ConversationRef, 'conversationId'>) {
  return and(
    eq(conversationAppends.tenantId, tenantId),
    eq(conversationAppends.conversationId, ref.conversationId),
  );
}

function assertFits(ref: ConversationRef, text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_APPEND_BYTES) return;
  throw new ServiceError(
    FAILURE.payloadTooLarge,
    `${bytes} bytes of messages for conversation "${ref.conversationId}" are above the limit of ${MAX_APPEND_BYTES}. Keep large results as artifacts.`,
  );
}

function noSuchConversation(ref: ConversationRef): ServiceError {
  return new ServiceError(
    FAILURE.notFound,
    `There is no version ${ref.headVersion} of conversation "${ref.conversationId}". Use a reference that append returned, or start at version 0.`,
  );
}

function movedOn(ref: ConversationRef, newest: number): ServiceError {
  return new ServiceError(
    FAILURE.conflict,
    `Conversation "${ref.conversationId}" has moved on: version ${ref.headVersion} was already continued with other messages, ` +
      `and it is now at version ${newest}. Read it again and append to its newest version.`,
  );
}
