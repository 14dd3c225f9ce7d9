import type { VectorEntry } from '../index/vector-index.ts';
import type { SearchableTool } from './searchable-tool.ts';
import { splitName } from './split-words.ts';
import { denseText } from './tool-text.ts';

export type Embed = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

/**
 * Share of the name by itself in a tool's vector: long descriptions drown it, and it says best what
 * the tool does. 0.2 to 0.4 do about the same.
 */
const NAME_SHARE = 0.3;

/** Share of the mean of its example requests, where it has some, in a tool's vector. */
const EXAMPLES_SHARE = 0.2;

/** A tool, and what people may ask that it serves; mostly nothing. */
export interface ExpandedTool {
  readonly tool: SearchableTool;
  readonly examples: readonly string[];
}

/** What a tool's vector is made from: while this is equal, so is the vector. */
export function vectorSource({ tool, examples }: ExpandedTool): string {
  const own = [NAME_SHARE, denseText(tool), splitName(tool.name)];
  return JSON.stringify(examples.length === 0 ? own : [...own, EXAMPLES_SHARE, examples]);
}

/** An entry for each tool: the vector of its text, of its name once more, and of its examples. */
export async function embedTools(
  tools: readonly ExpandedTool[],
  embed: Embed,
): Promise<VectorEntry[]> {
  const names = tools.map(({ tool }) => splitName(tool.name));
  const examples = tools.flatMap((one) => one.examples);
  const vectors = await embed([...tools.map(({ tool }) => denseText(tool)), ...names, ...examples]);
  let read = 2 * tools.length;
  return tools.map(({ tool, examples: own }, row) => {
    const first = read;
    read += own.length;
    const named = blend(at(vectors, row), at(vectors, tools.length + row), NAME_SHARE);
    if (own.length === 0) return { key: tool.id, vector: named };
    const asked = own.map((_, index) => at(vectors, first + index));
    return { key: tool.id, vector: blend(named, mean(asked), EXAMPLES_SHARE) };
  });
}

function blend(text: Float32Array, other: Float32Array, share: number): Float32Array {
  return unit(text.map((value, i) => (1 - share) * value + share * (other[i] ?? 0)));
}

function mean(vectors: readonly Float32Array[]): Float32Array {
  const [first, ...more] = vectors as readonly [Float32Array, ...Float32Array[]];
  return unit(first.map((value, i) => more.reduce((sum, one) => sum + (one[i] ?? 0), value)));
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function at(vectors: readonly Float32Array[], row: number): Float32Array {
  const vector = vectors[row];
  if (vector === undefined)
    throw new Error(`The embedder gave ${vectors.length} vectors, too few.`);
  return vector;
}
