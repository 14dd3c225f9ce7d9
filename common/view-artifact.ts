import type { HeldResult } from './artifact-values.ts';
import type { JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';
import type { TextMatch, TextPiece } from './read-piece.ts';
import { findInText, readPiece } from './read-piece.ts';
import { resultBody, resultText, resultValue } from './result-value.ts';
import { valueAt } from './value-path.ts';

/** Which part of an artifact is asked for; what is left out limits nothing. */
export interface ArtifactQuery {
  /** Into a JSON value, as in a plan's references: `items[0].name`; `$text` is an answer's text. */
  readonly path?: string | undefined;
  /** First character of the part. @default 0 */
  readonly offset?: number;
  /** Longest part, characters. */
  readonly limit?: number;
  /** Places with this word instead of a part, whatever its case. */
  readonly find?: string | undefined;
}

/** A part of an artifact, the places of a word in it, or why there is neither. */
export type ArtifactView =
  | ({ readonly kind: 'piece' } & TextPiece)
  | {
      readonly kind: 'matches';
      readonly totalChars: number;
      readonly matches: readonly TextMatch[];
    }
  | { readonly kind: 'problem'; readonly problem: string };

/**
 * Reads a part of an artifact as text. Of a tool's whole answer that is its text, or its structured
 * part where that says the same or there is no text; a path leads into its value.
 *
 * @param fit of a text that begins at the offset: how many characters of it may be shown
 */
export function viewArtifact(
  body: Uint8Array,
  query: ArtifactQuery,
  fit: (text: string) => number,
): ArtifactView {
  const opened = open(body);
  if (opened === null) {
    return { kind: 'problem', problem: `It has ${body.byteLength} bytes that are no text.` };
  }
  const found = query.path === undefined ? { text: opened.text } : textAt(opened, query.path);
  if ('problem' in found) return { kind: 'problem', problem: found.problem };
  const { text } = found;
  if (query.find !== undefined) {
    return { kind: 'matches', totalChars: text.length, matches: findInText(text, query.find) };
  }
  const { offset = 0, limit = Number.POSITIVE_INFINITY } = query;
  if (offset > 0 && offset >= text.length) {
    const problem = `It has ${text.length} characters; offset ${offset} lies behind its end.`;
    return { kind: 'problem', problem };
  }
  const length = Math.min(limit, fit(text.slice(offset)));
  return { kind: 'piece', ...readPiece(text, offset, length) };
}

interface Opened {
  readonly text: string;
  /** Where paths lead into. */
  readonly value: JsonValue;
  /** What `$text` stands for. */
  readonly said: string;
}

/** `null`: no text. */
function open(body: Uint8Array): Opened | null {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return null;
  }
  if (text.includes('\u0000')) return null;
  const value = parse(text);
  const held = asHeldResult(value);
  if (held === null) return { text, value: value ?? text, said: text };
  const answer = { ...held, isError: false, artifact: null };
  return { text: resultBody(answer), value: resultValue(answer), said: resultText(answer) };
}

/** A tool's whole answer, as `ToolResult.artifact` says. */
function asHeldResult(value: JsonValue): HeldResult | null {
  const isHeld = isJsonObject(value) && Array.isArray(value['content']) && 'structured' in value;
  return isHeld ? (value as unknown as HeldResult) : null;
}

function parse(text: string): JsonValue {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}

function textAt(
  { value, said }: Opened,
  path: string,
): { readonly text: string } | { readonly problem: string } {
  if (path === '$text') return { text: said };
  const found = valueAt(value, path);
  if (found.found) {
    return { text: typeof found.value === 'string' ? found.value : JSON.stringify(found.value) };
  }
  const at = found.at === '' ? 'the value' : `"${found.at}"`;
  const there = found.keys.length === 0 ? 'no fields' : found.keys.join(', ');
  return { problem: `There is nothing at ${JSON.stringify(path)}: ${at} has ${there}.` };
}
