import type { RegisteredTool } from '../registered-tool.ts';
import type { SearchOptions } from '../tool-index.ts';

/** What the options leave in. */
export function toolFilter(options: SearchOptions): (tool: RegisteredTool) => boolean {
  const { servers, effects, tags } = options;
  const only = servers === undefined ? null : new Set<string>(servers);
  const skipped = new Set<string>(options.skipServers);
  const excluded = new Set<string>(options.exclude);
  return (tool) =>
    (only === null || only.has(tool.server)) &&
    !skipped.has(tool.server) &&
    !excluded.has(tool.id) &&
    (effects === undefined || effects.includes(tool.effect)) &&
    (tags === undefined || tags.some((tag) => tool.tags.includes(tag)));
}
