import { mergeEvidence } from '../../common/breaker.ts';
import type { BreakerBucket, BreakerEvidence, BreakerOutcome } from '../../common/breaker.ts';

const MAX_RESULTS = 20;
const MAX_WAIT_MS = 100;

export interface BreakerResult {
  /** Epoch in which the call was admitted. */
  readonly epoch: number;
  readonly second: number;
  readonly outcome: BreakerOutcome;
  readonly latencyMs: number;
  readonly tokens: number;
}

/** Collects results and sends them together: after 100 ms, when there are 20, or with the first bad one. */
export interface ResultBuffer {
  add(result: BreakerResult): Promise<void>;
  flush(): Promise<void>;
}

export function createResultBuffer(deps: {
  readonly nowMs: () => number;
  send(epoch: number, batch: number, buckets: readonly BreakerBucket[]): Promise<void>;
  onError(error: unknown): void;
}): ResultBuffer {
  let waiting = new Map<number, BreakerEvidence>();
  let results = 0;
  let oldestMs = 0;
  let batch = 0;
  let timer: NodeJS.Timeout | null = null;

  async function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const batches = waiting;
    waiting = new Map();
    results = 0;
    for (const [epoch, { buckets }] of batches) {
      batch += 1;
      try {
        await deps.send(epoch, batch, buckets);
      } catch (error) {
        deps.onError(error);
      }
    }
  }

  return {
    async add(result) {
      if (results === 0) oldestMs = deps.nowMs();
      results += 1;
      const sum = waiting.get(result.epoch) ?? { buckets: [] };
      waiting.set(result.epoch, mergeEvidence(sum, { buckets: [toBucket(result)] }));
      const urgent = result.outcome === 'failed' || result.outcome === 'slow';
      const due = results >= MAX_RESULTS || deps.nowMs() - oldestMs >= MAX_WAIT_MS;
      if (urgent || due) return flush();
      timer ??= setTimeout(() => void flush(), MAX_WAIT_MS).unref();
    },
    flush,
  };
}

function toBucket({ second, outcome, latencyMs, tokens }: BreakerResult): BreakerBucket {
  return {
    second,
    ok: outcome === 'ok' ? 1 : 0,
    failed: outcome === 'failed' ? 1 : 0,
    slow: outcome === 'slow' ? 1 : 0,
    rateLimited: outcome === 'rate-limited' ? 1 : 0,
    // Whole numbers: the store adds integers.
    latencySumMs: Math.round(latencyMs),
    tokens,
  };
}
