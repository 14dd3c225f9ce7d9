import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { openVectorIndex } from '../../registry/index/open-vector-index.ts';
import type { VectorIndex } from '../../registry/index/vector-index.ts';
import type { ErrorBound } from './error-bound.ts';
import { createErrorBound } from './error-bound.ts';
import type { EntryBelief, HitModel } from './hit-model.ts';
import { createHitModel, NEW_ENTRY } from './hit-model.ts';
import type { Lesson, SemanticRecord } from './semantic-record.ts';

export interface Entry<V> {
  readonly text: string;
  readonly value: V;
  /** By the clock of this process that never goes back. */
  readonly untilMs: number;
  belief: EntryBelief;
}

export interface Partition<V> {
  readonly index: VectorIndex;
  readonly entries: LRUCache<string, Entry<V>>;
  /** One change of the index at a time. */
  changing: Promise<unknown>;
}

export interface Learner {
  readonly model: HitModel;
  readonly bound: ErrorBound;
  /** Up to where the shared log was read. */
  cursor: string;
  /** One reader of it at a time. */
  reading: Promise<unknown>;
}

/** What a process knows of a semantic cache: the same for the same records in the same order. */
export interface SemanticState<V> {
  learner(owner: string): Learner;
  partition(name: string): Partition<V>;
  apply(learner: Learner, record: SemanticRecord<V>): Promise<void>;
}

const MAX_PARTITIONS = 32;
const MAX_OWNERS = 1_000;
const MAX_ENTRIES = 2_000;

export function createSemanticState<V>(options: {
  readonly dimensions: number;
  readonly maxWrong: number;
  readonly log: Logger;
  readonly nowMs: () => number;
}): SemanticState<V> {
  const partitions = new LRUCache<string, Partition<V>>({ max: MAX_PARTITIONS });
  const learners = new LRUCache<string, Learner>({ max: MAX_OWNERS });

  const partition = (name: string): Partition<V> =>
    getOr(partitions, name, () => {
      const { index } = openVectorIndex(options.dimensions, options.log);
      return { index, entries: new LRUCache({ max: MAX_ENTRIES }), changing: Promise.resolve() };
    });

  return {
    partition,
    learner: (owner) =>
      getOr(learners, owner, () => ({
        model: createHitModel(),
        bound: createErrorBound(options.maxWrong),
        cursor: '',
        reading: Promise.resolve(),
      })),
    async apply(learner, { partition: name, lesson, entry }) {
      const place = partition(name);
      learn(learner, place, lesson);
      const untilMs = options.nowMs() + (entry.until - Date.now());
      const { key, text, value, vector } = entry;
      if (untilMs > options.nowMs()) {
        await add(place, key, { text, value, untilMs, belief: NEW_ENTRY }, vector);
      }
    },
  };
}

function learn<V>({ model, bound }: Learner, { entries }: Partition<V>, lesson: Lesson): void {
  const { near, weight } = lesson;
  if (near === null) return bound.note(-Infinity, false, weight);
  bound.note(near.score, !near.right, weight);
  const entry = entries.get(near.key);
  const belief = model.learn(near, entry?.belief ?? NEW_ENTRY, near.right);
  if (entry !== undefined) entry.belief = belief;
}

async function add<V>(
  place: Partition<V>,
  key: string,
  entry: Entry<V>,
  vector: Float32Array,
): Promise<void> {
  const gone: string[] = [];
  if (place.entries.size >= MAX_ENTRIES && !place.entries.has(key)) {
    const oldest = place.entries.rkeys().next().value;
    if (oldest !== undefined) gone.push(oldest);
  }
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
