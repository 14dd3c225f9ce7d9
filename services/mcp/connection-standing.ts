import { FAILURE } from '../../common/failures.ts';
import { backoffMs } from './backoff.ts';
import { McpError } from './mcp-error.ts';

/** A connection that held this long was a good one: the next failure is the first again. */
const STABLE_MS = 30_000;

export type ConnectionState = 'connected' | 'connecting' | 'closed' | 'failed';

/** How it stands with a connection: its state, why it failed last and when it may be tried again. */
export class ConnectionStanding {
  #state: ConnectionState = 'closed';
  #sinceMs = Date.now();
  #lastError: McpError | null = null;
  /** Names the failure of `#lastError`, for all calls that meet it. */
  #incident = '';
  #failures = 0;
  #nextAttemptAtMs = 0;

  health() {
    return {
      state: this.#state,
      problem: this.#lastError?.message ?? null,
      sinceMs: this.#sinceMs,
    };
  }

  enter(state: 'connecting' | 'closed'): void {
    this.#setState(state);
  }

  connected(): void {
    this.#lastError = null;
    this.#setState('connected');
  }

  failed(error: McpError, incident: string): void {
    this.#failures += 1;
    this.#lastError = error;
    this.#incident = incident;
    // A login is found by looking; no server is spared by waiting.
    const waitMs =
      error.type === FAILURE.toolLoginNeeded ? 0 : backoffMs(this.#failures, Math.random());
    this.#nextAttemptAtMs = Date.now() + waitMs;
    this.#setState('failed');
  }

  /** As `failed`, of a connection that was there. */
  lost(error: McpError, incident: string): void {
    if (Date.now() - this.#sinceMs > STABLE_MS) this.#failures = 0;
    this.failed(error, incident);
  }

  /** Until the next attempt, ms; zero or less: it may be now. */
  waitMs(): number {
    return this.#nextAttemptAtMs - Date.now();
  }

  /** @throws McpError the last failure, while the backoff after it runs. */
  assertMayTry(): void {
    const waitMs = this.waitMs();
    const last = this.#lastError;
    if (waitMs <= 0 || last === null) return;
    const refusal = new McpError(
      last.type,
      `${last.message} The next attempt is in ${waitMs} ms.`,
      {
        sent: false,
        retry: last.retry.allowed ? { allowed: true, afterMs: waitMs } : last.retry,
        cause: last,
      },
    );
    refusal.incident = this.#incident;
    throw refusal;
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#sinceMs = Date.now();
  }
}
