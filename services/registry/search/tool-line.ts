import { isJsonObject } from '../../../common/json.ts';
import type { SearchableTool } from './searchable-tool.ts';

const MAX_DESCRIPTION_CHARS = 160;
const MAX_PARAMETERS = 12;

/**
 * A tool in one line, for a model that chooses among many: `name(path, head?): what it does`. An
 * optional parameter has a `?`. About 20 tokens, a seventh of the whole definition, which is for
 * the tool that was chosen.
 */
export function toolLine({
  name,
  description,
  inputSchema,
}: Pick<SearchableTool, 'name' | 'description' | 'inputSchema'>): string {
  const properties = inputSchema['properties'];
  const required = inputSchema['required'];
  const needed = new Set(Array.isArray(required) ? required : []);
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  const shown = names
    .slice(0, MAX_PARAMETERS)
    .map((parameter) => (needed.has(parameter) ? parameter : `${parameter}?`));
  if (names.length > MAX_PARAMETERS) shown.push('…');
  return `${name}(${shown.join(', ')}): ${firstSentence(description)}`;
}

function firstSentence(text: string): string {
  const [sentence = ''] = text.trim().split(/(?<=[.!?])\s|(?<=[。！？])|\n/, 1);
  if (sentence.length <= MAX_DESCRIPTION_CHARS) return sentence;
  return `${sentence.slice(0, MAX_DESCRIPTION_CHARS - 1).trimEnd()}…`;
}
