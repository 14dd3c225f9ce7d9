import { splitName } from './split-words.ts';
import type { SearchableTool } from './searchable-tool.ts';

/** Longer descriptions say what a model must know to call the tool, not what it is for. */
const MAX_DESCRIPTION_CHARS = 2_000;

/** What is embedded and searched of a tool. Which parts help was decided by `bench retrieval`. */
export function toolText(tool: SearchableTool): string {
  const title = tool.title ?? '';
  const name = splitName(tool.name);
  const words =
    title === '' || title.toLowerCase() === name.toLowerCase() ? name : `${name} (${title})`;
  return `${splitName(tool.server)}: ${words}. ${tool.description.slice(0, MAX_DESCRIPTION_CHARS)}`;
}
