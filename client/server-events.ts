/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  readonly event: string;
  /** The last id that was sent, with this event or before it. */
  readonly id: string | null;
  readonly data: string;
}

/** More in one event is no event of ours. */
const MAX_EVENT_CHARS = 32_000_000;

/**
 * Reads server-sent events as the HTML standard has them, comments and reconnection times left out.
 * Leaving the loop closes the connection.
 *
 * @throws where the connection breaks, or one event is longer than 32 million characters.
 */
export async function* readServerEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let id: string | null = null;
  let fields: { event: string; data: string[] } = { event: 'message', data: [] };
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    if (rest.length > MAX_EVENT_CHARS) throw new Error('An event is longer than any may be.');
    for (const line of lines) {
      if (line === '') {
        if (fields.data.length > 0) yield { ...fields, id, data: fields.data.join('\n') };
        fields = { event: 'message', data: [] };
        continue;
      }
      const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (name === 'event') fields.event = value;
      else if (name === 'data') fields.data.push(value);
      else if (name === 'id') id = value;
    }
  }
}
