import type { JsonObject, JsonValue } from '../../../../common/json.ts';
import { resolveSchema, typesOf } from '../../schema-walk.ts';
import type { ClausePool } from './clause-pool.ts';
import { literalText } from './clause-pool.ts';
import { literalRun } from './labelled-value.ts';
import type { Literal } from '../goal/literals.ts';
import type { Property } from './property.ts';
import { roleOf } from './property-role.ts';
import { kindsFor } from './text-values.ts';
import { trailingText } from './trailing-text.ts';
import { allWords } from '../goal/words.ts';

const CONNECTOR = /^\s*(?:[:=]|that|of|are|is|named|called)?\s*/i;

/** A list of texts or numbers, from literals that stand in a row. Lists of objects: `undefined`. */
export function listValue(
  property: Property,
  pool: ClausePool,
  root: JsonObject,
): JsonValue | undefined {
  const items = resolveSchema(root, property.schema['items']);
  const types = typesOf(root, items);
  if (types?.has('number') === true || types?.has('integer') === true) {
    const numbers = pool.literals('number').map((literal) => pool.take(literal).value);
    return numbers.length === 0 ? undefined : numbers;
  }
  if (types !== null && !types.has('string')) return undefined;
  const singular = property.name.replace(/ies$/, 'y').replace(/s$/, '');
  const kinds = kindsFor(roleOf(property.name, items));
  const run = kinds.length > 0 ? pool.literals(...kinds) : quotedRun(singular, pool);
  const chosen = run.length > 0 ? run : kinds.length > 0 ? longestRun(pool) : [];
  if (chosen.length > 0) return chosen.map((literal) => literalText(pool.take(literal)));
  return afterLabel(singular, property, pool);
}

/** `tags "a" and "b"`: a list that the clause names, which may also be one that can be left out. */
export function labelledList(
  property: Property,
  pool: ClausePool,
  root: JsonObject,
): JsonValue | undefined {
  const items = typesOf(root, resolveSchema(root, property.schema['items']));
  if (property.types?.has('array') !== true || items?.has('string') === false) return undefined;
  const singular = property.name.replace(/ies$/, 'y').replace(/s$/, '');
  const label = labelEnd(singular, pool);
  if (label === null) return undefined;
  const connector = CONNECTOR.exec(pool.clause.masked.slice(label))?.[0] ?? '';
  const run = literalRun(pool, label + connector.length).filter(({ kind }) => kind === 'quoted');
  return run.length === 0 ? undefined : run.map((literal) => literalText(pool.take(literal)));
}

/** Behind the list's own name if it is there, else all that is left in quotes. */
function quotedRun(singular: string, pool: ClausePool): readonly Literal[] {
  const label = labelEnd(singular, pool);
  if (label !== null) {
    const connector = CONNECTOR.exec(pool.clause.masked.slice(label));
    const run = literalRun(pool, label + (connector?.[0].length ?? 0));
    if (run.length > 0) return run;
  }
  return longestRun(pool);
}

/** Of quoted texts that follow each other: one that stands apart means something else. */
function longestRun(pool: ClausePool): readonly Literal[] {
  return pool
    .literals('quoted')
    .map(({ start }) => literalRun(pool, start))
    .reduce((best, run) => (run.length > best.length ? run : best), []);
}

/** `with the observation that it runs on Temporal`: words without quotes, as one entry. */
function afterLabel(singular: string, property: Property, pool: ClausePool): JsonValue | undefined {
  const end = labelEnd(singular, pool);
  if (end === null) return undefined;
  const marked = /^\s*(?:(?::|=|that|saying)\s+)/i.exec(pool.clause.masked.slice(end));
  if (marked === null || pool.mentions().some(({ start }) => start >= end)) return undefined;
  const text = trailingText({ ...property, role: 'content' }, pool);
  return text === undefined ? undefined : [text];
}

function labelEnd(singular: string, pool: ClausePool): number | null {
  const spelt = allWords(singular).join('[\\s_-]?');
  const match = new RegExp(`\\b${spelt}(?:s|es)?\\b`, 'i').exec(pool.clause.masked);
  return match === null ? null : match.index + match[0].length;
}
