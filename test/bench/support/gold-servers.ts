import type { RetrievalSet, SetQuery } from './retrieval-set.ts';

/**
 * All tools of the servers that have what the request needs, by id; where a set has no servers,
 * only what it needs.
 */
export function goldServersOf({ tools }: RetrievalSet, { gold }: SetQuery): ReadonlySet<string> {
  const wanted = new Set(gold);
  const group = ({ id, server }: RetrievalSet['tools'][number]): string => server ?? id;
  const groups = new Set(tools.filter(({ id }) => wanted.has(id)).map(group));
  return new Set(tools.filter((tool) => groups.has(group(tool))).map(({ id }) => id));
}
