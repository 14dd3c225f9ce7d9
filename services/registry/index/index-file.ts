import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { VectorGraph } from './vector-index.ts';

export interface SavedVector {
  readonly key: string;
  /** Of the text it was made from. */
  readonly textHash: string;
  readonly vector: Float32Array;
}

export interface SavedIndex {
  readonly embedderId: string;
  readonly dimensions: number;
  readonly vectors: readonly SavedVector[];
  readonly graph: VectorGraph | null;
}

/** The first line of a file, as JSON: then come the keys (JSON), the vectors and the graph. */
const headerSchema = z.object({
  format: z.literal('ostinato-index-1'),
  embedderId: z.string(),
  dimensions: z.number().int().positive(),
  count: z.number().int().nonnegative(),
  keysBytes: z.number().int().nonnegative(),
  graphBytes: z.number().int().nonnegative(),
  /** Of everything after this line. */
  sha256: z.string(),
});

const keysSchema = z.object({
  vectors: z.array(z.tuple([z.string(), z.string()])),
  labels: z.array(z.string().nullable()),
});

const FLOAT_BYTES = 4;

/** Replaces the file in one step: whoever reads it, also after a crash, sees the old or the new. */
export async function writeIndexFile(path: string, saved: SavedIndex): Promise<void> {
  const keys = Buffer.from(
    JSON.stringify({
      vectors: saved.vectors.map(({ key, textHash }) => [key, textHash]),
      labels: saved.graph?.keys ?? [],
    }),
  );
  const floats = new Float32Array(saved.vectors.length * saved.dimensions);
  saved.vectors.forEach(({ vector }, row) => floats.set(vector, row * saved.dimensions));
  const graph = saved.graph?.bytes ?? Buffer.alloc(0);
  const parts = [keys, Buffer.from(floats.buffer), graph];
  const sha256 = createHash('sha256');
  for (const part of parts) sha256.update(part);
  const header: z.infer<typeof headerSchema> = {
    format: 'ostinato-index-1',
    embedderId: saved.embedderId,
    dimensions: saved.dimensions,
    count: saved.vectors.length,
    keysBytes: keys.length,
    graphBytes: graph.length,
    sha256: sha256.digest('hex'),
  };
  await replaceFile(path, [Buffer.from(`${JSON.stringify(header)}\n`), ...parts]);
}

/**
 * @returns `null` where there is no file
 * @throws Error that says what is wrong with the file
 */
export async function readIndexFile(path: string): Promise<SavedIndex | null> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (bytes === null) return null;
  const end = bytes.indexOf(0x0a);
  if (end < 0) throw new Error('it has no header');
  const header = headerSchema.parse(JSON.parse(bytes.toString('utf8', 0, end)));
  const body = bytes.subarray(end + 1);
  if (createHash('sha256').update(body).digest('hex') !== header.sha256) {
    throw new Error('its checksum does not match: it was cut off or changed');
  }
  const { count, dimensions, keysBytes, graphBytes } = header;
  const vectorBytes = count * dimensions * FLOAT_BYTES;
  const keys = keysSchema.parse(JSON.parse(body.toString('utf8', 0, keysBytes)));
  if (body.length !== keysBytes + vectorBytes + graphBytes || keys.vectors.length !== count) {
    throw new Error('its parts do not have the lengths that its header states');
  }
  // Copied, since a Float32Array may not start at an odd place.
  const floats = new Float32Array(body.buffer.slice(...range(body, keysBytes, vectorBytes)));
  return {
    embedderId: header.embedderId,
    dimensions,
    vectors: keys.vectors.map(([key, textHash], row) => ({
      key,
      textHash,
      vector: floats.slice(row * dimensions, (row + 1) * dimensions),
    })),
    graph:
      graphBytes === 0
        ? null
        : { keys: keys.labels, bytes: body.subarray(keysBytes + vectorBytes) },
  };
}

function range(body: Buffer, start: number, length: number): [number, number] {
  return [body.byteOffset + start, body.byteOffset + start + length];
}

async function replaceFile(path: string, parts: readonly Buffer[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}.new`;
  try {
    const file = await open(fresh, 'w');
    try {
      for (const part of parts) if (part.length > 0) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}
