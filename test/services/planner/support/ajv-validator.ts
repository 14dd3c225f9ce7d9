import { Ajv } from 'ajv';
import type { JsonObject, JsonValue } from '../../../../common/json.ts';

/** The SchemaValidator contract in this thread, for tests that are not about its limits. */
export function ajvValidator() {
  const ajv = new Ajv({ strict: false, allErrors: true, verbose: true, validateFormats: false });
  return {
    validate: async (schema: JsonObject, value: JsonValue) => {
      const { $schema: _, ...rest } = schema;
      const check = ajv.compile(rest);
      if (check(value)) return [];
      return (check.errors ?? []).map((error) => ({
        fault: 'value' as const,
        path: error.instancePath.slice(1).replaceAll('/', '.'),
        message: error.message ?? 'is invalid',
        received: JSON.stringify(error.data),
      }));
    },
  };
}
