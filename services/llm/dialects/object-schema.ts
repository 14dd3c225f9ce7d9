import type { JsonObject } from '../../../common/json.ts';

/** Providers insist that a tool's schema says `type: object`; servers may leave it out or send `{}`. */
export function objectSchema(schema: JsonObject): JsonObject & { readonly type: 'object' } {
  return { ...schema, type: 'object', properties: schema['properties'] ?? {} };
}
