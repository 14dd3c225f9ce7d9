import type { ApiAddress } from './api-events.ts';
import { apiEvents } from './api-events.ts';
import type { StreamedRunEvent, StreamRunOptions } from './stream-run.ts';
import { toRunEvent } from './stream-run.ts';

export type ConversationEvent =
  /** A message is taken up: what follows is its run's, until that has `ended`. */
  | { readonly kind: 'message'; readonly runId: string; readonly place: string | null }
  | (StreamedRunEvent & { readonly runId: string | null });

/**
 * A conversation over the HTTP API, from the message that is being answered on, until `signal` is
 * raised: every run of it, one after the other. Lines that break are opened again where they broke.
 *
 * @throws ClientError (`not-found`, `bad-input`)
 */
export async function* streamConversation(
  api: ApiAddress,
  conversationId: string,
  options: StreamRunOptions = {},
): AsyncGenerator<ConversationEvent> {
  const path = `/v1/conversations/${encodeURIComponent(conversationId)}/events`;
  const { signal = new AbortController().signal } = options;
  const offset = options.offset ?? null;
  let place = offset;
  for await (const event of apiEvents(api, path, { signal, after: offset })) {
    if (!('id' in event)) {
      yield { kind: 'waiting', reason: event.why, runId: null, place };
      continue;
    }
    place = event.id ?? place;
    const { runId, ...data } = JSON.parse(event.data) as { readonly runId: string };
    if (event.event === 'message') {
      yield { kind: 'message', runId, place };
      continue;
    }
    const read = toRunEvent({ ...event, data: JSON.stringify(data) });
    // A run names itself in its result.
    if (read?.kind === 'ended') yield { ...read, run: { ...read.run, runId }, runId, place };
    else if (read !== null) yield { ...read, runId, place };
  }
}
