import { isJsonObject } from '../../common/json.ts';
import { parseExactJson } from '../../common/parse-exact-json.ts';
import type { JsonObject } from '../../common/json.ts';
import { BadToolArgs } from './bad-tool-args.ts';

/**
 * A tool call's arguments, written by the model as an object or as JSON text. No text counts as `{}`:
 * several servers send it for tools without parameters.
 *
 * @throws BadToolArgs with the text, so that the model can be shown its mistake.
 */
export function parseToolArgs(tool: string, written: unknown): JsonObject {
  if (isJsonObject(written)) return written;
  if (written === undefined || written === null) return {};
  const text = typeof written === 'string' ? written : JSON.stringify(written);
  if (text.trim() === '') return {};
  let problem = 'are not a JSON object: it is not an object';
  try {
    const value = parseExactJson(text);
    if (isJsonObject(value)) return value;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problem = `${error instanceof RangeError ? 'cannot be used' : 'are not a JSON object'}: ${why}`;
  }
  const what = `The model called ${tool} with arguments that ${problem}`;
  throw new BadToolArgs(what, text);
}
