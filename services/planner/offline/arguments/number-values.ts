import type { ClausePool } from './clause-pool.ts';
import type { Literal } from '../goal/literals.ts';
import type { Property } from './property.ts';
import { allWords, stem, stemsOf } from '../goal/words.ts';

const AMOUNT = /^(?:count|limit|number|n|num|size|max|maximum|top|quantity|amount|results?|k)$/;
const FIRST = /^(?:head|first|limit|top|count|max|n|lines?)$/;
const LAST = /^(?:tail|last)$/;

/** A number whose neighbours say which parameter it is for: `first 5`, `3 links`, `2 of 4`. */
export function typedNumber(property: Property, pool: ClausePool): number | undefined {
  const numbers = pool.literals('number');
  const literal = numbers.find((each) => isFor(property, pool, each));
  return literal === undefined ? undefined : (pool.take(literal).value as number);
}

function isFor({ name, schema }: Property, pool: ClausePool, literal: Literal): boolean {
  const { masked } = pool.clause;
  const before = masked.slice(0, literal.start);
  const after = masked.slice(literal.end);
  const words = allWords(name);
  if (/^\s+of\s+\uE000/.test(after)) {
    return words.some((word) => /^(?:number|index|current|page|no)$/.test(word));
  }
  if (/\uE000\s+of\s+$/.test(before))
    return words.some((word) => /^(?:totals?|count|pages)$/.test(word));
  if (/\bfirst\s+$/i.test(before)) return words.some((word) => FIRST.test(word));
  if (/\blast\s+$/i.test(before)) return words.some((word) => LAST.test(word));
  if (/^\s+of\s+(?:them|these|those)\b/i.test(after))
    return words.some((word) => AMOUNT.test(word));
  const next = (/^\s+([a-z]+)(?:\s+([a-z]+))?/i.exec(after) ?? []).slice(1);
  const following = next
    .filter((word) => word !== undefined)
    .map((word) => stem(word.toLowerCase()));
  if (words.map(stem).some((word) => following.includes(word))) return true;
  const about = stemsOf(typeof schema['description'] === 'string' ? schema['description'] : '');
  const describes = following.slice(0, 2).some((word) => about.includes(word));
  const isDuration = words.some((word) =>
    /^(?:duration|timeout|delay|interval|seconds)$/.test(word),
  );
  return describes && (isDuration || words.some((word) => AMOUNT.test(word)));
}
