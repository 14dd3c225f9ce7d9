/**
 * What happens in a run right now: words of a model that is writing, tools that were called. It
 * travels beside the history, may be lost, and decides nothing; what counts is the run's progress and
 * result. `source` is who says it (`turn:2`, `step:read`), `attempt` its attempt, 1 for the first.
 */
export type LiveEvent =
  | (LiveSource & { readonly kind: 'text' | 'reasoning'; readonly text: string })
  /** The plan that is being written has this step. */
  | (LiveSource & { readonly kind: 'planned'; readonly step: string; readonly tool: string })
  /**
   * What this source wrote before this event, in attempts up to `voids`, is void. Equal to `attempt`
   * where that one begins anew, at another model.
   */
  | (LiveSource & { readonly kind: 'superseded'; readonly voids: number; readonly why: string })
  | (LiveSource & { readonly kind: 'call-started'; readonly tool: string })
  | (LiveSource & {
      readonly kind: 'call-progress';
      readonly progress: number;
      readonly total: number | null;
      readonly message: string | null;
    })
  /** `failed`: this attempt. Whether there is another one, the run's progress says. */
  | (LiveSource & { readonly kind: 'call-ended'; readonly outcome: 'ok' | 'error' | 'failed' })
  /** So many events could not be told. */
  | { readonly kind: 'dropped'; readonly events: number };

export interface LiveSource {
  readonly source: string;
  readonly attempt: number;
}

/** Whose events: the side channel of one run. */
export interface LiveChannel {
  readonly tenantId: string;
  readonly runId: string;
}

/**
 * A place in a channel, `EPOCH-NUMBER`: the numbers of an epoch have no gaps, and a channel that was
 * lost begins another epoch.
 */
export type LiveOffset = `${number}-${number}`;

const OFFSET = /^\d{1,15}-\d{1,12}$/;

export function isLiveOffset(value: unknown): value is LiveOffset {
  return typeof value === 'string' && OFFSET.test(value);
}

export function parseOffset(offset: LiveOffset): {
  readonly epoch: number;
  readonly number: number;
} {
  const [epoch, number] = offset.split('-').map(Number);
  return { epoch: epoch ?? 0, number: number ?? 0 };
}

export type LiveItem =
  | { readonly kind: 'event'; readonly offset: LiveOffset; readonly event: LiveEvent }
  /** The reader was too slow or away too long. `events`: how many it missed; `null`: nobody knows. */
  | { readonly kind: 'lost'; readonly events: number | null };

/** Reads one channel, page by page: what is not read waits at the source, bounded, not in the reader. */
export interface LiveReader {
  /**
   * What came since the last page, oldest first; waits for it up to `waitMs`, or until `signal` is
   * raised. Never throws: a channel that cannot be read is empty.
   */
  next(waitMs: number, signal?: AbortSignal): Promise<readonly LiveItem[]>;
}

/** Opens a reader. `after`: the last offset that is known; `null`: from the oldest that is kept. */
export type OpenLive = (channel: LiveChannel, after: LiveOffset | null) => LiveReader;
