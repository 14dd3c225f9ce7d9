import { mergeEvidence } from '../../common/breaker.ts';
import type { BreakerBucket, BreakerOutcome } from '../../common/breaker.ts';

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
  let waiting: BreakerResult[] = [];
  let oldestMs = 0;
  let batch = 0;
  let timer: NodeJS.Timeout | null = null;

  async function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const results = waiting;
    waiting = [];
    for (const [epoch, ofEpoch] of Map.groupBy(results, (result) => result.epoch)) {
      batch += 1;
      try {
        await deps.send(epoch, batch, toBuckets(ofEpoch));
      } catch (error) {
        deps.onError(error);
      }
    }
  }

  return {
    async add(result) {
      if (waiting.length === 0) oldestMs = deps.nowMs();
      waiting.push(result);
      const urgent = result.outcome === 'failed' || result.outcome === 'slow';
      const due = waiting.length >= MAX_RESULTS || deps.nowMs() - oldestMs >= MAX_WAIT_MS;
      if (urgent || due) return flush();
      timer ??= setTimeout(() => void flush(), MAX_WAIT_MS).unref();
    },
    flush,
  };
}

function toBuckets(results: readonly BreakerResult[]): readonly BreakerBucket[] {
  return mergeEvidence({ buckets: results.map(toBucket) }, { buckets: [] }).buckets;
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
