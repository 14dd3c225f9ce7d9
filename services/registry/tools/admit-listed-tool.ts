import type { JsonValue } from '../../../common/json.ts';
import { storableText } from '../../database/storable-text.ts';
import type { ListedTool } from '../../mcp/listed-tool.ts';
import { describeHiddenCharacters } from './hidden-characters.ts';
import { describeOrders } from './orders-to-model.ts';
import { toolFingerprint } from './tool-fingerprint.ts';

export const LISTING_LIMITS = {
  nameCharacters: 200,
  titleCharacters: 256,
  descriptionBytes: 4096,
  schemaBytes: 64 * 1024,
  annotationBytes: 16 * 1024,
  schemaDepth: 64,
} as const;

export type Admission =
  | {
      readonly kind: 'admitted';
      /** As it is kept: texts cut to the limits. */
      readonly tool: ListedTool;
      /** Of the definition as listed, so that a change in a part that was cut is seen too. */
      readonly fingerprint: string;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** Bounds what a server says of a tool before it reaches a database, an index or a model. */
export function admitListedTool(listed: ListedTool): Admission {
  const reason =
    nameProblem(listed.name) ??
    jsonProblem('input schema', listed.inputSchema, LISTING_LIMITS.schemaBytes) ??
    jsonProblem('output schema', listed.outputSchema, LISTING_LIMITS.schemaBytes) ??
    jsonProblem('annotations', listed.annotations, LISTING_LIMITS.annotationBytes);
  if (reason !== null) return { kind: 'refused', reason };
  const warnings = [
    hiddenIn('title', listed.title ?? ''),
    hiddenIn('description', listed.description),
    hiddenIn('input schema', allTexts(listed.inputSchema)),
    hiddenIn('output schema', allTexts(listed.outputSchema)),
    ordersIn('title', listed.title ?? ''),
    ordersIn('description', listed.description),
    ordersIn('input schema', allTexts(listed.inputSchema)),
    ordersIn('output schema', allTexts(listed.outputSchema)),
  ].filter((warning) => warning !== null);
  const description = cutDescription(storableText(listed.description));
  if (description.cut > 0) {
    warnings.push(
      `the description was longer than ${LISTING_LIMITS.descriptionBytes} bytes; ${description.cut} bytes were cut`,
    );
  }
  const title = listed.title?.slice(0, LISTING_LIMITS.titleCharacters) ?? null;
  return {
    kind: 'admitted',
    tool: {
      ...listed,
      title: title === null ? null : storableText(title),
      description: description.text,
    },
    fingerprint: toolFingerprint(listed),
    warnings,
  };
}

function nameProblem(name: string): string | null {
  if (name.trim() === '') return 'its name is empty';
  if (name.length > LISTING_LIMITS.nameCharacters) {
    return `its name has ${name.length} characters, above the limit of ${LISTING_LIMITS.nameCharacters}`;
  }
  return /\p{C}/u.test(name) ? 'its name has control or invisible characters' : null;
}

function jsonProblem(part: string, value: JsonValue, maxBytes: number): string | null {
  const problem = walk(value, (key, held) => {
    // Resolving a reference to elsewhere would let a server make us fetch what it likes.
    const leaves = (key === '$ref' || key === '$dynamicRef') && typeof held === 'string';
    return leaves && !held.startsWith('#')
      ? `its ${part} refers to ${JSON.stringify(held.slice(0, 200))}, outside itself; only references that begin with "#" are followed`
      : null;
  });
  if (problem === 'too deep') {
    return `its ${part} is nested deeper than ${LISTING_LIMITS.schemaDepth} levels`;
  }
  if (problem !== null) return problem;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > maxBytes ? `its ${part} has ${bytes} bytes, above the limit of ${maxBytes}` : null;
}

/** Visits every field, stopping at the first problem; keeps its own stack, so depth cannot end it. */
function walk(
  root: JsonValue,
  visit: (key: string, value: JsonValue) => string | null,
): string | null {
  const open: { value: JsonValue; depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.depth >= LISTING_LIMITS.schemaDepth) return 'too deep';
    for (const [key, value] of Object.entries(next.value) as [string, JsonValue][]) {
      const problem = visit(key, value);
      if (problem !== null) return problem;
      open.push({ value, depth: next.depth + 1 });
    }
  }
  return null;
}

function allTexts(value: JsonValue): string {
  const texts: string[] = [];
  walk(value, (key, held) => {
    texts.push(key);
    if (typeof held === 'string') texts.push(held);
    return null;
  });
  return texts.join('\n');
}

function hiddenIn(part: string, text: string): string | null {
  const hidden = describeHiddenCharacters(text);
  return hidden === null ? null : `the ${part} has ${hidden}: read it in full before trusting it`;
}

function ordersIn(part: string, text: string): string | null {
  const order = describeOrders(text);
  return order === null
    ? null
    : `the ${part} gives orders to the model (${order}): read it in full before trusting it`;
}

function cutDescription(text: string): { readonly text: string; readonly cut: number } {
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= LISTING_LIMITS.descriptionBytes) return { text, cut: 0 };
  const mark = ' … [cut]';
  let end = LISTING_LIMITS.descriptionBytes - Buffer.byteLength(mark);
  // Not in the middle of a character: bytes 10xxxxxx continue one.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return { text: bytes.toString('utf8', 0, end) + mark, cut: bytes.byteLength - end };
}
