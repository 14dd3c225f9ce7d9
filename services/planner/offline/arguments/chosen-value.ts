import type { JsonValue } from '../../../../common/json.ts';
import type { ClausePool } from './clause-pool.ts';
import type { Property } from './property.ts';
import { allWords, stem } from '../goal/words.ts';

const NEGATION = /\b(?:no|not|without|don't|do not|never|false|excluding|skip)\s+(?:\w+\s+)?$/i;

const AMBIGUOUS = /^(?:text|name|size|file|data|date|type|all|none|new|old|on|off|.|..)$/;

/** A value from the schema's own list that the clause names, or a switch it names. */
export function chosenValue(property: Property, pool: ClausePool): JsonValue | undefined {
  const choices = property.schema['enum'];
  if (Array.isArray(choices)) return namedChoice(choices as readonly JsonValue[], property, pool);
  return property.types?.has('boolean') === true ? switchValue(property, pool) : undefined;
}

function namedChoice(
  choices: readonly JsonValue[],
  property: Property,
  pool: ClausePool,
): JsonValue | undefined {
  const byLength = [...choices].sort((a, b) => String(b).length - String(a).length);
  for (const choice of byLength) {
    if (typeof choice !== 'string' || choice === '') continue;
    const spelt = allWords(choice).join('[\\s_-]*');
    if (spelt === '') continue;
    const match = new RegExp(`(?<![\\w/.-])${spelt}(?![\\w/-])`, 'i').exec(pool.clause.text);
    if (match === null || pool.isTaken(match.index, match.index + match[0].length)) continue;
    // A word such as "text" or "name" means the choice only if the parameter needs one.
    if (!property.required && AMBIGUOUS.test(match[0])) continue;
    pool.takeText(match.index, match.index + match[0].length);
    return choice;
  }
  return undefined;
}

/** `dry run`, `include the image`, `no next thought needed`: all words of the name, in order. */
function switchValue({ name }: Property, pool: ClausePool): boolean | undefined {
  const words = allWords(name).map((word) => `${stem(word)}\\w*`);
  if (words.length < 2) return undefined;
  const phrase = new RegExp(`\\b${words.join('\\W+(?:(?:an?|the|is)\\W+)?')}\\b`, 'i');
  const match = phrase.exec(pool.clause.masked);
  if (match === null || pool.isTaken(match.index, match.index + match[0].length)) return undefined;
  pool.takeText(match.index, match.index + match[0].length);
  return !NEGATION.test(pool.clause.masked.slice(0, match.index));
}
