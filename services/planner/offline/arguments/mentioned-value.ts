import type { JsonObject, JsonValue } from '../../../../common/json.ts';
import { resolveSchema, typesOf } from '../../schema-walk.ts';
import type { ClausePool } from './clause-pool.ts';
import type { DraftStep } from '../draft-step.ts';
import { textsIn } from '../draft-step.ts';
import type { Mention } from '../find-mentions.ts';
import { findLiterals } from '../goal/literals.ts';
import type { Property } from './property.ts';
import { allWords, stem } from '../goal/words.ts';
import { referenceTo } from './reference-to.ts';

/** A value from earlier steps, where the clause points at them: `it`, `the sum`, `that file`. */
export function mentionedValue(
  property: Property,
  pool: ClausePool,
  root: JsonObject,
): JsonValue | undefined {
  const mentions = pool.mentions();
  if (property.role === 'path' || property.role === 'url')
    return samePlace(property, mentions, pool);
  if (property.role === 'date' || property.role === 'email' || property.role === 'glob')
    return undefined;
  if ('enum' in property.schema || property.types?.has('boolean') === true) return undefined;
  if (property.types?.has('array') === true) return listOf(property, mentions, pool, root);
  for (const mention of mentions) {
    const values = referencesTo(mention, property.types);
    if (values.length === 0) continue;
    if (values.length > 1 && property.types?.has('string') !== true) continue;
    pool.take(mention);
    return values.length === 1 ? values[0] : values.map(String).join('\n\n');
  }
  return undefined;
}

/** `then read it`: the path that the earlier step was given. */
function samePlace(
  { role }: Property,
  mentions: readonly Mention[],
  pool: ClausePool,
): string | undefined {
  for (const mention of mentions) {
    if (!mention.isThing) continue;
    const places = new Set(
      mention.steps.flatMap((step) => textsIn(step.args)).filter((text) => isPlace(text, role)),
    );
    const [place] = places;
    if (place === undefined || places.size > 1) continue;
    pool.take(mention);
    return place;
  }
  return undefined;
}

function isPlace(text: string, role: string): boolean {
  const [literal] = findLiterals(text);
  return literal?.kind === role && literal.value === text;
}

function listOf(
  property: Property,
  mentions: readonly Mention[],
  pool: ClausePool,
  root: JsonObject,
): JsonValue | undefined {
  const itemTypes = typesOf(root, resolveSchema(root, property.schema['items']));
  const items: JsonValue[] = [];
  for (const mention of mentions) {
    const whole =
      mention.steps.length === 1 ? mention.steps.map((step) => listOutput(step, mention)) : [];
    const [list] = whole;
    if (list !== undefined && list !== null && items.length === 0) {
      pool.take(mention);
      return list;
    }
    if (itemTypes !== null && !itemTypes.has('string')) continue;
    items.push(...referencesTo(mention, new Set(['string'])));
    pool.take(mention);
  }
  return items.length === 0 ? undefined : items;
}

/** Only where the output schema says that the meant field is a list. */
function listOutput(step: DraftStep, mention: Mention): JsonValue | null {
  if (mention.noun === null) return null;
  const value = referenceTo(step, new Set(['array']), mention.noun);
  const field = typeof value === 'string' ? (value.split('.').at(-1) ?? '') : '';
  return allWords(field).map(stem).includes(mention.noun) ? value : null;
}

function referencesTo(mention: Mention, types: ReadonlySet<string> | null): readonly JsonValue[] {
  const values = mention.steps.map((step) => referenceTo(step, types, mention.noun));
  return values.every((value) => value !== null) ? values : [];
}
