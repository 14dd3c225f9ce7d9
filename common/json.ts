/** Anything that survives Temporal's JSON converter unchanged. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A string that cannot be swapped for another kind of string by accident. */
export type Id<Kind extends string> = string & { readonly __kind: Kind };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
