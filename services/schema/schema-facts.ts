import { hash } from 'node:crypto';
import type { JsonObject } from '../../common/json.ts';
import { measureJson } from './measure-json.ts';

export interface SchemaFacts {
  /** The bound it exceeds, in words; `null`: it may be used. */
  readonly excess: string | null;
  /** Of its text; the same for equal schemas. Empty where it may not be used. */
  readonly hash: string;
  /** Small enough to judge values by it in place. */
  readonly isSmall: boolean;
}

const SCHEMA_BOUNDS = { maxDepth: 64, maxNodes: 20_000, maxChars: 512_000 };
/** What is no larger, and plain, is judged in place: the way to the thread costs more than that. */
export const PLAIN_BOUNDS = { maxDepth: 16, maxNodes: 500, maxChars: 20_000 };

const known = new WeakMap<JsonObject, SchemaFacts>();

/** Found once for each schema object: a plan and its calls ask of the same one, step by step. */
export function schemaFacts(schema: JsonObject): SchemaFacts {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const excess = measureJson(schema, SCHEMA_BOUNDS);
  const facts: SchemaFacts =
    excess === null
      ? {
          excess,
          hash: hash('sha256', JSON.stringify(schema), 'base64url'),
          isSmall: measureJson(schema, PLAIN_BOUNDS) === null,
        }
      : { excess, hash: '', isSmall: false };
  known.set(schema, facts);
  return facts;
}
