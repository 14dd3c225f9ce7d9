import type { JsonObject } from '../json.ts';
import { isJsonObject } from '../json.ts';
import { nameWords } from './name-words.ts';
import { typesOf } from './schema-types.ts';

/** A value that a tool's answer holds. */
export interface OutputField {
  /** As in a plan's references: `route.distance`, `movies[0].title`. */
  readonly path: string;
  readonly words: readonly string[];
  /** `null`: any. */
  readonly types: ReadonlySet<string> | null;
}

const MAX_DEPTH = 3;
const MAX_FIELDS = 64;

/** The named values of an answer, outer ones first; of a list, the first item's. */
export function outputFields(schema: JsonObject | null): readonly OutputField[] {
  const fields: OutputField[] = [];
  const open: [JsonObject, string, number][] = schema === null ? [] : [[schema, '', 0]];
  for (const [at, path, depth] of open) {
    const items = at['items'];
    if (isJsonObject(items) && depth < MAX_DEPTH) open.push([items, `${path}[0]`, depth + 1]);
    const properties = at['properties'];
    if (!isJsonObject(properties) || depth >= MAX_DEPTH) continue;
    for (const [name, field] of Object.entries(properties)) {
      if (!isJsonObject(field)) continue;
      if (fields.length === MAX_FIELDS) return fields;
      const inside = path === '' ? name : `${path}.${name}`;
      fields.push({ path: inside, words: nameWords(name), types: typesOf(field) });
      open.push([field, inside, depth + 1]);
    }
  }
  return fields;
}
