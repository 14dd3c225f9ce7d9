import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Embedder } from '../../embeddings/embedder.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { findDifference } from './find-difference.ts';
import { LEAST_COSINE } from './hit-model.ts';
import { overlapOf } from './overlap.ts';
import type { SemanticLog } from './semantic-log.ts';
import type { Lesson, SemanticRecord } from './semantic-record.ts';
import { readRecord, writeRecord } from './semantic-record.ts';
import type { Entry, Learner, Partition } from './semantic-state.ts';
import { createSemanticState } from './semantic-state.ts';

export interface SemanticCacheOptions<V> {
  readonly embedder: Embedder;
  /** Whether two values would have served alike: how a hit is judged afterwards. */
  readonly alike: (a: V, b: V) => boolean | Promise<boolean>;
  /** Whether a value may be served again. @default always */
  readonly keep?: (value: V) => boolean;
  /** Highest share of requests that may be answered wrongly, 0 to 1. @default 0.01 */
  readonly maxWrong?: number;
  /** Share of hits that are loaded all the same, to go on learning. @default 0.05 */
  readonly explore?: number;
  /** @default one hour */
  readonly ttlMs?: number;
  readonly metrics: Pick<Metrics, 'cacheHit' | 'cacheMiss'>;
  readonly log: Logger;
  /** Where workers tell each other what they loaded and learned. @default this process alone */
  readonly shared?: {
    readonly log: SemanticLog;
    /** @returns `null` for what is no value: the log is not ours alone. */
    readonly parse: (value: unknown) => V | null;
  };
  /** A clock that never goes back, ms. @default `performance.now` */
  readonly nowMs?: () => number;
  /** @default `Math.random` */
  readonly random?: () => number;
}

export interface SemanticPlace {
  /** Whose requests these are: what is learned of hits is learned for each owner alone. */
  readonly owner: string;
  /** What must be equal for a hit at all: the tenant, the model, the prompt, the settings. */
  readonly partition: string;
}

/** Values by what their requests mean: in memory, and shared by what the workers tell each other. */
export interface SemanticCache<V> {
  /**
   * The value of a request that means the same, else the loaded one. Every load teaches: its value
   * is compared with that of the nearest entry, so that thresholds move and wrong hits stay rare.
   */
  getOrLoad(
    place: SemanticPlace,
    text: string,
    load: () => Promise<V>,
  ): Promise<{ readonly value: V; readonly hit: boolean }>;
}

interface Candidate<V> {
  readonly key: string;
  readonly entry: Entry<V>;
  readonly cosine: number;
  readonly overlap: number;
  readonly score: number;
}

const NAME = 'model-answers/semantic';
const NEIGHBOURS = 5;

export function createSemanticCache<V>(options: SemanticCacheOptions<V>): SemanticCache<V> {
  const { embedder, metrics, shared, log, explore = 0.05, random = Math.random } = options;
  const { nowMs = () => performance.now(), maxWrong = 0.01, ttlMs = 3_600_000 } = options;
  const { dimensions } = embedder;
  const state = createSemanticState<V>({ dimensions, maxWrong, log, nowMs });

  /** Learns what other workers have learned since. */
  function catchUp(owner: string, learner: Learner): Promise<unknown> {
    if (shared === undefined) return Promise.resolve();
    learner.reading = learner.reading.then(async () => {
      for (const { cursor, record: text } of (await shared.log.read(owner, learner.cursor)) ?? []) {
        learner.cursor = cursor;
        const record = readRecord(text, dimensions, shared.parse);
        if (record !== null) await state.apply(learner, record);
      }
    });
    return learner.reading;
  }

  /** What cannot be shared is learned by this process alone. */
  async function tell(owner: string, learner: Learner, record: SemanticRecord<V>): Promise<void> {
    if ((await shared?.log.append(owner, writeRecord(record))) === true) {
      await catchUp(owner, learner);
    } else {
      await state.apply(learner, record);
    }
  }

  async function lessonOf(found: Candidate<V> | null, value: V, weight: number): Promise<Lesson> {
    if (found === null) return { near: null, weight };
    const { key, entry, score, cosine, overlap } = found;
    const right = await options.alike(value, entry.value);
    return { near: { key, score, cosine, overlap, right }, weight };
  }

  return {
    async getOrLoad({ owner, partition }, text, load) {
      const [vector] = await embedder.embed([text]);
      if (vector === undefined) return { value: await load(), hit: false };
      const learner = state.learner(owner);
      await catchUp(owner, learner);
      const found = nearest(state.partition(partition), learner, { text, vector, nowMs: nowMs() });
      const isSame = found?.entry.text === text;
      const isHit = found !== null && found.score >= learner.bound.threshold();
      if (found !== null && (isSame || (isHit && random() >= explore))) {
        metrics.cacheHit(NAME);
        return { value: found.entry.value, hit: true };
      }
      metrics.cacheMiss(NAME);
      const value = await load();
      if (options.keep?.(value) === false) return { value, hit: false };
      // A hit that is looked at stands for all those that are not.
      const lesson = await lessonOf(found, value, isHit && explore > 0 ? 1 / explore : 1);
      const entry = { key: randomUUID(), text, value, vector, until: Date.now() + ttlMs };
      await tell(owner, learner, { partition, lesson, entry });
      return { value, hit: false };
    },
  };
}

interface Asked {
  readonly text: string;
  readonly vector: Float32Array;
  readonly nowMs: number;
}

function nearest<V>(
  { index, entries }: Partition<V>,
  { model }: Learner,
  { text, vector, nowMs }: Asked,
): Candidate<V> | null {
  let best: Candidate<V> | null = null;
  for (const { key, score: cosine } of index.search(vector, NEIGHBOURS)) {
    const entry = entries.get(key);
    if (entry === undefined || entry.untilMs < nowMs || cosine < LEAST_COSINE) continue;
    if (entry.text === text) return { key, entry, cosine, overlap: 1, score: Infinity };
    if (findDifference(text, entry.text) !== null) continue;
    const overlap = overlapOf(text, entry.text);
    const score = model.score({ cosine, overlap }, entry.belief);
    if (best === null || score > best.score) best = { key, entry, cosine, overlap, score };
  }
  return best;
}
