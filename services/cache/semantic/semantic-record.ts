import { z } from 'zod';

/** What one load taught, and the entry that it left. Applied in one order by every worker. */
export interface SemanticRecord<V> {
  readonly partition: string;
  readonly lesson: Lesson;
  readonly entry: {
    readonly key: string;
    readonly text: string;
    readonly value: V;
    readonly vector: Float32Array;
    /** Ms since the epoch: the workers' clocks agree about that only. */
    readonly until: number;
  };
}

/** How the nearest entry would have done; `near` is `null` where there was none. */
export interface Lesson {
  readonly near: {
    readonly key: string;
    readonly score: number;
    readonly cosine: number;
    readonly overlap: number;
    readonly right: boolean;
  } | null;
  /** How many requests it stands for. */
  readonly weight: number;
}

const schema = z.object({
  partition: z.string(),
  lesson: z.object({
    near: z
      .object({
        key: z.string(),
        score: z.number(),
        cosine: z.number(),
        overlap: z.number(),
        right: z.boolean(),
      })
      .nullable(),
    weight: z.number().positive(),
  }),
  entry: z.object({
    key: z.string(),
    text: z.string(),
    value: z.unknown(),
    vector: z.string(),
    until: z.number(),
  }),
});

export function writeRecord(record: SemanticRecord<unknown>): string {
  const { vector } = record.entry;
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return JSON.stringify({
    ...record,
    entry: { ...record.entry, vector: bytes.toString('base64') },
  });
}

/** @returns `null` for what is no record of vectors of that size: another version may share the log. */
export function readRecord<V>(
  text: string,
  dimensions: number,
  parse: (value: unknown) => V | null,
): SemanticRecord<V> | null {
  try {
    const { entry, ...rest } = schema.parse(JSON.parse(text));
    const value = parse(entry.value);
    // Copied, since a Float32Array may not start at an odd place.
    const bytes = new Uint8Array(Buffer.from(entry.vector, 'base64'));
    if (value === null || bytes.byteLength !== dimensions * 4) return null;
    return { ...rest, entry: { ...entry, value, vector: new Float32Array(bytes.buffer) } };
  } catch {
    return null;
  }
}
