import type { JsonObject } from '../../../../common/json.ts';
import type { PropertyRole } from './property-role.ts';

/** One parameter that is to be filled. */
export interface Property {
  readonly name: string;
  /** Path inside the arguments, as in `entities[0].name`. */
  readonly path: string;
  /** With its `$ref` followed. */
  readonly schema: JsonObject;
  readonly types: ReadonlySet<string> | null;
  readonly role: PropertyRole;
  readonly required: boolean;
  /** What the object it belongs to is called, as in `entity`; `null` at the top. */
  readonly owner: string | null;
}

export function isText({ types }: Property): boolean {
  return types === null || types.has('string');
}

export function isNumber({ types }: Property): boolean {
  return types !== null && (types.has('number') || types.has('integer'));
}
