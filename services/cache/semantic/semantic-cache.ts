import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Embedder } from '../../embeddings/embedder.ts';
import { openVectorIndex } from '../../registry/index/open-vector-index.ts';
import type { VectorIndex } from '../../registry/index/vector-index.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ErrorBound } from './error-bound.ts';
import { createErrorBound } from './error-bound.ts';
import { findDifference } from './find-difference.ts';
import type { EntryBelief, HitModel } from './hit-model.ts';
import { createHitModel, LEAST_COSINE, NEW_ENTRY } from './hit-model.ts';
import { overlapOf } from './overlap.ts';

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

/** Values by what their requests mean, in this process' memory. */
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

interface Entry<V> {
  readonly text: string;
  readonly value: V;
  readonly untilMs: number;
  belief: EntryBelief;
}

interface Partition<V> {
  readonly index: VectorIndex;
  readonly entries: LRUCache<string, Entry<V>>;
  /** One change of the index at a time. */
  changing: Promise<unknown>;
}

interface Learner {
  readonly model: HitModel;
  readonly bound: ErrorBound;
}

interface Candidate<V> {
  readonly entry: Entry<V>;
  readonly cosine: number;
  readonly overlap: number;
  readonly score: number;
}

const NAME = 'model-answers/semantic';
const MAX_PARTITIONS = 32;
const MAX_OWNERS = 1_000;
const MAX_ENTRIES = 2_000;
const NEIGHBOURS = 5;

export function createSemanticCache<V>(options: SemanticCacheOptions<V>): SemanticCache<V> {
  const { embedder, metrics, explore = 0.05, random = Math.random } = options;
  const { nowMs = () => performance.now() } = options;
  const partitions = new LRUCache<string, Partition<V>>({ max: MAX_PARTITIONS });
  const learners = new LRUCache<string, Learner>({ max: MAX_OWNERS });

  function nearest(
    { index, entries }: Partition<V>,
    { model }: Learner,
    text: string,
    vector: Float32Array,
  ): Candidate<V> | null {
    let best: Candidate<V> | null = null;
    for (const { key, score: cosine } of index.search(vector, NEIGHBOURS)) {
      const entry = entries.get(key);
      if (entry === undefined || entry.untilMs < nowMs() || cosine < LEAST_COSINE) continue;
      if (entry.text === text) return { entry, cosine, overlap: 1, score: Infinity };
      if (findDifference(text, entry.text) !== null) continue;
      const overlap = overlapOf(text, entry.text);
      const score = model.score({ cosine, overlap }, entry.belief);
      if (best === null || score > best.score) best = { entry, cosine, overlap, score };
    }
    return best;
  }

  async function learn(
    learner: Learner,
    found: Candidate<V> | null,
    value: V,
    weight: number,
  ): Promise<void> {
    if (found === null) return learner.bound.note(-Infinity, false, weight);
    const right = await options.alike(value, found.entry.value);
    learner.bound.note(found.score, !right, weight);
    found.entry.belief = learner.model.learn(found, found.entry.belief, right);
  }

  return {
    async getOrLoad({ owner, partition }, text, load) {
      const [vector] = await embedder.embed([text]);
      if (vector === undefined) return { value: await load(), hit: false };
      const learner = getOr(learners, owner, () => newLearner(options.maxWrong ?? 0.01));
      const place = getOr(partitions, partition, () => newPartition<V>(options));
      const found = nearest(place, learner, text, vector);
      if (found?.entry.text === text) {
        metrics.cacheHit(NAME);
        return { value: found.entry.value, hit: true };
      }
      const isHit = found !== null && found.score >= learner.bound.threshold();
      if (isHit && random() >= explore) {
        metrics.cacheHit(NAME);
        return { value: found.entry.value, hit: true };
      }
      metrics.cacheMiss(NAME);
      const value = await load();
      if (options.keep?.(value) === false) return { value, hit: false };
      // A hit that is looked at stands for all those that are not.
      await learn(learner, found, value, isHit && explore > 0 ? 1 / explore : 1);
      const untilMs = nowMs() + (options.ttlMs ?? 3_600_000);
      await add(place, { text, value, untilMs, belief: NEW_ENTRY }, vector);
      return { value, hit: false };
    },
  };
}

function newLearner(maxWrong: number): Learner {
  return { model: createHitModel(), bound: createErrorBound(maxWrong) };
}

function newPartition<V>({ embedder, log }: SemanticCacheOptions<V>): Partition<V> {
  const { index } = openVectorIndex(embedder.dimensions, log);
  return { index, entries: new LRUCache({ max: MAX_ENTRIES }), changing: Promise.resolve() };
}

async function add<V>(place: Partition<V>, entry: Entry<V>, vector: Float32Array): Promise<void> {
  const gone: string[] = [];
  if (place.entries.size >= MAX_ENTRIES) {
    const oldest = place.entries.rkeys().next().value;
    if (oldest !== undefined) gone.push(oldest);
  }
  const key = randomUUID();
  place.entries.set(key, entry);
  place.changing = place.changing.then(async () => {
    await place.index.remove(gone);
    await place.index.put([{ key, vector }]);
  });
  await place.changing;
}

function getOr<V extends object>(known: LRUCache<string, V>, key: string, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
