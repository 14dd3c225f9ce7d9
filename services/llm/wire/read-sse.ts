import { readLines } from './read-lines.ts';

export interface SseFrame {
  /** `null`: the frame has no name. */
  readonly event: string | null;
  readonly data: string;
}

/** Frames of a `text/event-stream` (WHATWG HTML, 9.2.6), each as soon as it is whole. */
export async function* readSse(body: AsyncIterable<Uint8Array>): AsyncGenerator<SseFrame> {
  let event: string | null = null;
  let data: string | null = null;
  let first = true;
  for await (const written of readLines(body)) {
    const line = first && written.startsWith('\uFEFF') ? written.slice(1) : written;
    first = false;
    if (line === '') {
      if (data !== null) yield { event, data };
      event = null;
      data = null;
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const start = line[colon + 1] === ' ' ? colon + 2 : colon + 1;
    const value = colon === -1 ? '' : line.slice(start);
    if (field === 'data') data = data === null ? value : `${data}\n${value}`;
    if (field === 'event') event = value;
  }
}
