const NEWLINE = 0x0a;
/** What is kept of each end of a line that is too long: enough to find the id of an answer. */
const KEPT_BYTES = 256;

export interface OversizedLine {
  readonly bytes: number;
  readonly head: string;
  readonly tail: string;
}

export interface LineHandler {
  readonly onLine: (line: string, bytes: number) => void;
  /** The line was dropped while it came in; memory stays within the limit. */
  readonly onOversized: (line: OversizedLine) => void;
}

/** Splits a byte stream into lines of at most `maxBytes`, in linear time and bounded memory. */
export class LineSplitter {
  readonly #handler: LineHandler;
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Set while a line over the limit passes by. */
  #dropping: { head: string; tail: Buffer } | null = null;

  constructor(maxBytes: number, handler: LineHandler) {
    this.#maxBytes = maxBytes;
    this.#handler = handler;
  }

  /** Bytes of the unfinished line. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      this.#append(chunk.subarray(start, end === -1 ? chunk.length : end));
      if (end === -1) return;
      this.#finish();
      start = end + 1;
    }
  }

  #append(part: Buffer): void {
    if (part.length === 0) return;
    this.#bytes += part.length;
    if (this.#dropping !== null) {
      this.#dropping.tail = lastBytes([this.#dropping.tail, part]);
      return;
    }
    this.#chunks.push(part);
    if (this.#bytes <= this.#maxBytes) return;
    const whole = Buffer.concat(this.#chunks);
    this.#dropping = {
      head: whole.toString('utf8', 0, KEPT_BYTES),
      tail: lastBytes([whole]),
    };
    this.#chunks = [];
  }

  #finish(): void {
    const bytes = this.#bytes;
    const dropped = this.#dropping;
    const chunks = this.#chunks;
    this.#bytes = 0;
    this.#dropping = null;
    this.#chunks = [];
    if (dropped !== null) {
      this.#handler.onOversized({
        bytes,
        head: dropped.head,
        tail: dropped.tail.toString('utf8').trimEnd(),
      });
      return;
    }
    const only = chunks.length === 1 ? chunks[0] : undefined;
    this.#handler.onLine((only ?? Buffer.concat(chunks)).toString('utf8').trimEnd(), bytes);
  }
}

function lastBytes(parts: readonly Buffer[]): Buffer {
  // A copy, and only of the ends: a slice would keep the whole chunk alive.
  const ends = parts.map((part) => part.subarray(Math.max(0, part.length - KEPT_BYTES)));
  const joined = Buffer.concat(ends);
  return joined.subarray(Math.max(0, joined.length - KEPT_BYTES));
}
