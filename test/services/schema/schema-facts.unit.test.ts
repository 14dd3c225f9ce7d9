// Proves that a schema is looked through once for each object, and that what is found holds for equal
// schemas and not for others.
import { expect, it } from 'vitest';
import type { JsonObject } from '../../../common/json.ts';
import { schemaFacts } from '../../../services/schema/schema-facts.ts';

const schema = (): JsonObject => ({ type: 'object', properties: { name: { type: 'string' } } });

/** Counts how often it is gone through. */
function counted(inner: JsonObject): { readonly schema: JsonObject; readonly reads: () => number } {
  let reads = 0;
  const ownKeys = (target: object) => ((reads += 1), Reflect.ownKeys(target));
  return { schema: new Proxy<JsonObject>(inner, { ownKeys }), reads: () => reads };
}

it('asked again of the same object → it is not gone through again', () => {
  const { schema: asked, reads } = counted(schema());
  const facts = schemaFacts(asked);
  const before = reads();
  expect(before).toBeGreaterThan(0);
  expect(schemaFacts(asked)).toBe(facts);
  expect(reads()).toBe(before);
});

it('an equal schema → the same hash; another → another', () => {
  expect(schemaFacts(schema()).hash).toBe(schemaFacts(schema()).hash);
  expect(schemaFacts({ ...schema(), required: ['name'] }).hash).not.toBe(
    schemaFacts(schema()).hash,
  );
});

it('size → small, usable but not small, or refused in words', () => {
  const wide = (fields: number): JsonObject => ({
    properties: Object.fromEntries(Array.from({ length: fields }, (_, at) => [`f${at}`, {}])),
  });
  expect(schemaFacts(schema())).toMatchObject({ excess: null, isSmall: true });
  expect(schemaFacts(wide(600))).toMatchObject({ excess: null, isSmall: false });
  expect(schemaFacts(wide(20_001))).toEqual({
    excess: 'has more than 20000 parts',
    hash: '',
    isSmall: false,
  });
});
