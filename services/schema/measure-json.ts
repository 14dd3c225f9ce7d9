import type { JsonValue } from '../../common/json.ts';

export interface JsonBounds {
  readonly maxDepth: number;
  /** Values of any kind, each field and item counted. */
  readonly maxNodes: number;
  /** Characters of all texts and field names together. */
  readonly maxChars: number;
}

/**
 * Which bound a JSON value exceeds, in words, or `null`. Stops at the first: its time is bounded by
 * the bounds, whatever the value is. Without recursion, since the depth is not known to be safe.
 */
export function measureJson(root: JsonValue, bounds: JsonBounds): string | null {
  const open: { readonly value: JsonValue; readonly depth: number }[] = [{ value: root, depth: 1 }];
  let nodes = 0;
  let chars = 0;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { value, depth } = at;
    nodes += 1;
    if (typeof value === 'string') chars += value.length;
    if (nodes > bounds.maxNodes) return `has more than ${bounds.maxNodes} parts`;
    if (chars > bounds.maxChars) return `has more than ${bounds.maxChars} characters`;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > bounds.maxDepth) return `is nested more than ${bounds.maxDepth} deep`;
    for (const key in value) {
      if (!Array.isArray(value)) chars += key.length;
      open.push({
        value: (value as Readonly<Record<string, JsonValue>>)[key] as JsonValue,
        depth: depth + 1,
      });
      if (nodes + open.length > bounds.maxNodes) return `has more than ${bounds.maxNodes} parts`;
    }
  }
  return null;
}
