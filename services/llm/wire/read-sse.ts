import type { Bytes } from './read-lines.ts';
import { createLineSplitter } from './read-lines.ts';

export interface SseFrame {
  /** `null`: the frame has no name. */
  readonly event: string | null;
  readonly data: string;
}

/** Frames of a `text/event-stream` (WHATWG HTML, 9.2.6), each as soon as it is whole. */
export async function* readSse(body: Bytes): AsyncGenerator<SseFrame> {
  const split = createLineSplitter();
  const toFrame = createFramer();
  for await (const bytes of await body) {
    for (const line of split(bytes)) {
      const frame = toFrame(line);
      if (frame !== null) yield frame;
    }
  }
}

/** Takes the lines in turn; an empty one ends a frame. */
function createFramer(): (line: string) => SseFrame | null {
  let event: string | null = null;
  let data: string | null = null;
  let first = true;
  return (written) => {
    const line = first && written.startsWith('\uFEFF') ? written.slice(1) : written;
    first = false;
    if (line === '') {
      const frame = data === null ? null : { event, data };
      event = null;
      data = null;
      return frame;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const start = line[colon + 1] === ' ' ? colon + 2 : colon + 1;
    const value = colon === -1 ? '' : line.slice(start);
    if (field === 'data') data = data === null ? value : `${data}\n${value}`;
    if (field === 'event') event = value;
    return null;
  };
}
