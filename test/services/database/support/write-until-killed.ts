// Opens the PGlite directory given as argument and appends to one conversation for ever, printing
// each version that the store acknowledged.
import type { ConversationId } from '../../../../common/conversation.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import { createConversationStore } from '../../../../services/conversations/conversation-store.ts';
import { openDatabase } from '../../../../services/database/open-database.ts';

const store = createConversationStore(
  await openDatabase({ kind: 'pglite', dir: process.argv[2] ?? null }),
);
let ref = { conversationId: 'killed' as ConversationId, headVersion: 0 };
for (;;) {
  const text = `message ${ref.headVersion + 1}`;
  ref = await store.append(DEFAULT_TENANT_ID, ref, [{ from: 'user', text }]);
  process.stdout.write(`${ref.headVersion}\n`);
}
