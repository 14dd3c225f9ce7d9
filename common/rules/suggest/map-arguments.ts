import type { JsonObject } from '../../json.ts';
import { isJsonObject } from '../../json.ts';
import { nameWords, share } from '../../optimise/name-words.ts';
import { schemaAt, sharesType, typesOf } from '../../optimise/schema-types.ts';
import { CALL } from '../alternatives.ts';

/** How the arguments of one tool become those of another. */
export interface ArgumentMapping {
  /** As in an `alternative` rule; `null` where the names are the same. */
  readonly args: JsonObject | null;
  /** Share of the arguments of `of` that the other takes too, 0 to 1. */
  readonly kept: number;
}

/** What people call a text to search by. */
const QUERY_WORDS = new Set('q query search keyword term text question phrase'.split(' '));
/** What names a thing of one server only. */
const OWN_WORDS = new Set('id uuid guid slug key token handle'.split(' '));

/**
 * Pairs arguments by their names, then by equal words in them, where the types agree; texts to
 * search by are the same by whatever name (`query`, `q`).
 *
 * @returns `null` where the other needs what the call does not have or leaves out what the call
 *   needs, where a value names something that only one server knows, and where neither takes
 *   anything: then nothing shows that both speak of the same
 */
export function mapArguments(of: JsonObject, to: JsonObject): ArgumentMapping | null {
  const own = namesOf(of);
  const pairs = new Map<string, string>();
  const open = new Set(own);
  const pair = (name: string, source: string | undefined): void => {
    if (source === undefined || pairs.has(name)) return;
    pairs.set(name, source);
    open.delete(source);
  };
  const fits = (name: string, source: string): boolean =>
    sharesType(typesOf(schemaAt(to, name)), typesOf(schemaAt(of, source)));
  for (const name of namesOf(to)) {
    if (open.has(name) && fits(name, name)) pair(name, name);
  }
  for (const name of namesOf(to)) {
    pair(
      name,
      [...open].find((source) => sameWords(name, source) && fits(name, source)),
    );
  }
  if (pairs.size === 0 || requiredOf(of).some((name) => open.has(name))) return null;
  if (requiredOf(to).some((name) => !isSure(name, pairs.get(name), of))) return null;
  if ([...pairs.values()].some(namesOwnThing)) return null;
  const isSame = [...pairs].every(([name, source]) => name === source) && open.size === 0;
  return {
    args: isSame ? null : Object.fromEntries([...pairs].map(([a, b]) => [a, reference(b)])),
    kept: own.length === 0 ? 1 : pairs.size / own.length,
  };
}

/** An argument that the call may leave out does not give one that the other needs. */
function isSure(name: string, source: string | undefined, of: JsonObject): boolean {
  return source !== undefined && (requiredOf(of).includes(source) || source === name);
}

function reference(name: string): string {
  const path = /[.[\]"{}]/.test(name) ? `[${JSON.stringify(name)}]` : `.${name}`;
  return `\${${CALL}${path}}`;
}

function sameWords(a: string, b: string): boolean {
  const [one, other] = [nameWords(a), nameWords(b)];
  if (one.length === 0 || other.length === 0) return false;
  if ([...one, ...other].every((word) => QUERY_WORDS.has(word))) return true;
  return share(one, other) === 1 && share(other, one) === 1;
}

function namesOwnThing(name: string): boolean {
  return nameWords(name).some((word) => OWN_WORDS.has(word));
}

function namesOf(schema: JsonObject): readonly string[] {
  const properties = schema['properties'];
  return isJsonObject(properties) ? Object.keys(properties) : [];
}

function requiredOf(schema: JsonObject): readonly string[] {
  const required = schema['required'];
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}
