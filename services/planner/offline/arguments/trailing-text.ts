import type { ClausePool } from './clause-pool.ts';
import type { Property } from './property.ts';

const AFTER_MARK =
  /:\s+|\b(?:saying|that says|stating|which says|with the (?:text|content|message|words)(?! (?:of|from|in)\b)|that)\s+/i;
const AFTER_QUERY = /\b(?:for|about|on|matching|mentioning|containing|regarding|into)\s+/i;
const FIRST_VERB = /^[\p{L}-]+(?:\s+(?:back|out|down|up|about|on|over|into))?\s+/iu;
/** Begin a description of a text rather than the text itself. */
const DESCRIBES =
  /^(?:the|that|this|these|those|its|their|his|her|my|your|our|a|an|some|any|what|how|why|all|each|every|it|them|both|me|us)\b/i;
const PLACE_AT_END =
  /\s+(?:in|on|with|using|via|from|of|to|into|as|at|by)(?:\s+(?:the|my|our))?(?:\s+[\w-]+)?\s+(?:server|graph|memory|knowledge graph|tool|store|web)\s*$/i;

/**
 * Words without quotes that are meant as a text: after a colon, after `saying`, after `for` where a
 * search is asked for, else all that follows the verb. Never words that only describe a text.
 */
export function trailingText(property: Property, pool: ClausePool): string | undefined {
  const isQuery = property.role === 'query';
  if (!isQuery && property.role !== 'content') return undefined;
  const { masked } = pool.clause;
  const mark = AFTER_MARK.exec(masked) ?? (isQuery ? AFTER_QUERY.exec(masked) : null);
  const verb = FIRST_VERB.exec(masked);
  if (mark === null && verb === null) return undefined;
  const start = mark !== null ? mark.index + mark[0].length : (verb?.[0].length ?? 0);
  const end = endOfFree(pool, start);
  const whole = pool.clause.text.slice(start, end);
  const text = whole
    .replace(PLACE_AT_END, '')
    .replace(/\s+(?:to|in|into|as|from|with|and|by|at|of|on)\s*$/i, '')
    .trim();
  const describes = mark === null || isQuery ? DESCRIBES.test(text) && !isQuery : false;
  if (text === '' || describes || !/[\p{L}\p{N}]/u.test(text)) return undefined;
  if (/^(?:it|them|this|that|those|these)$/i.test(text)) return undefined;
  pool.takeText(start, end);
  return text;
}

/** From `start` to the first thing that was given out already. */
function endOfFree(pool: ClausePool, start: number): number {
  let end = start;
  while (end < pool.clause.text.length && !pool.isTaken(end, end + 1)) end += 1;
  return end;
}
