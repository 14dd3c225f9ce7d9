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

/** What a tool's vector is made from: while this is equal, so is the vector. */
export function vectorSource(tool: SearchableTool): string {
  return JSON.stringify([NAME_SHARE, denseText(tool), splitName(tool.name)]);
}

/** An entry for each tool: the vector of its text, and of its name once more. */
export async function embedTools(
  tools: readonly SearchableTool[],
  embed: Embed,
): Promise<VectorEntry[]> {
  const names = tools.map(({ name }) => splitName(name));
  const vectors = await embed([...tools.map(denseText), ...names]);
  return tools.map(({ id }, row) => ({
    key: id,
    vector: blend(at(vectors, row), at(vectors, tools.length + row)),
  }));
}

function blend(text: Float32Array, name: Float32Array): Float32Array {
  const sum = text.map((value, i) => (1 - NAME_SHARE) * value + NAME_SHARE * (name[i] ?? 0));
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}

function at(vectors: readonly Float32Array[], row: number): Float32Array {
  const vector = vectors[row];
  if (vector === undefined)
    throw new Error(`The embedder gave ${vectors.length} vectors, too few.`);
  return vector;
}
