import type { JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';
import type { ToolResult } from './tool.ts';

/**
 * What a reference to a step refers to: the structured answer where there is one, else the text
 * parsed where it is a JSON object or array, else the text itself.
 */
export function resultValue(result: ToolResult): JsonValue {
  if (result.structured !== null) return result.structured;
  const text = resultText(result);
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    const parsed = JSON.parse(text) as JsonValue;
    return Array.isArray(parsed) || isJsonObject(parsed) ? parsed : text;
  } catch {
    return text;
  }
}

/** The text blocks of an answer, joined by line breaks. */
export function resultText(result: Pick<ToolResult, 'content'>): string {
  return result.content
    .map((block) => {
      if (block.kind === 'text') return block.text;
      if (block.kind === 'resource') return block.text ?? '';
      return '';
    })
    .filter((text) => text !== '')
    .join('\n');
}

/** What an answer says, for readers of text. Servers repeat structured content as text: once is enough. */
export function resultBody(result: Pick<ToolResult, 'content' | 'structured'>): string {
  const text = resultText(result).trim();
  if (result.structured === null) return text;
  const structured = JSON.stringify(result.structured);
  const { items } = result.structured;
  const isCount = Array.isArray(items) && text === countText(items);
  return text === '' || isCount || isSameJson(text, structured) ? structured : text;
}

/** The text of a list's answer, which says nothing of what is in it. */
export function countText(items: readonly JsonValue[]): string {
  return `${items.length} ${items.length === 1 ? 'item' : 'items'}`;
}

function isSameJson(text: string, structured: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === structured;
  } catch {
    return false;
  }
}
