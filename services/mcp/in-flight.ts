/** Counts the work in flight on a connection, and tells when it has been without any for long. */
export class InFlight {
  /** `null` never tells. */
  readonly #idleMs: number | null;
  readonly #onIdle: () => void;
  #count = 0;
  #timer: NodeJS.Timeout | null = null;
  #onNone: (() => void) | null = null;

  constructor(idleMs: number | null, onIdle: () => void) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
  }

  get count(): number {
    return this.#count;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    this.stop();
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) this.#none();
    }
  }

  /** Resolves when nothing is in flight. */
  async none(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((done) => (this.#onNone = done));
  }

  /** Does not tell of what was idle until now. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #none(): void {
    this.#onNone?.();
    if (this.#idleMs === null) return;
    this.#timer = setTimeout(() => {
      if (this.#count === 0) this.#onIdle();
    }, this.#idleMs);
    this.#timer.unref();
  }
}
