import { isJsonObject } from '../../../common/json.ts';
import type { SearchableTool } from './searchable-tool.ts';
import { splitName } from './split-words.ts';

/** Longer descriptions say what a model must know to call the tool, not what it is for. */
const MAX_DESCRIPTION_CHARS = 2_000;
const MAX_PARAMETERS = 64;
const MAX_PARAMETER_CHARS = 300;

/**
 * What is embedded: server, split name, description. With parameters the vectors got worse on more
 * sets than better (`npm run bench -- retrieval`).
 */
export function denseText({ server, name, title, description }: SearchableTool): string {
  const words = splitName(name);
  const more = title === null || sameWords(title, words) ? '' : ` (${title})`;
  const owner = server === '' ? '' : `${splitName(server)}: `;
  return `${owner}${words}${more}. ${description.slice(0, MAX_DESCRIPTION_CHARS)}`;
}

/** What is searched by words: the same, and the parameters with their descriptions. */
export function lexicalText(tool: SearchableTool): string {
  const properties = tool.inputSchema['properties'];
  if (!isJsonObject(properties)) return denseText(tool);
  const parameters = Object.entries(properties)
    .slice(0, MAX_PARAMETERS)
    .map(([name, schema]) => {
      const words = isJsonObject(schema) ? schema['description'] : undefined;
      const about = typeof words === 'string' ? words.slice(0, MAX_PARAMETER_CHARS) : '';
      return `${splitName(name)} ${about}`;
    });
  return `${denseText(tool)} ${parameters.join(' ')}`;
}

function sameWords(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
