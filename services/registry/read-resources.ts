import { z } from 'zod';
import type { JsonValue } from '../../common/json.ts';
import type { ResourceRule } from '../../common/optimise/tool-facts.ts';
import type { ServerDefinition } from './server-definition.ts';

const EXAMPLE = '{"write_file": [{"arg": "path", "kind": "path"}]}';
const rule = z.strictObject({
  arg: z.string().min(1),
  kind: z.enum(['path', 'uri', 'id']),
  access: z.enum(['read', 'write']).exactOptional(),
}) satisfies z.ZodType<ResourceRule>;
const rules = z.record(z.string(), z.array(rule).min(1));

/**
 * The field `resources` of a servers file. What is wrong goes to `fail`, and the field is left out.
 */
export function readResources(
  written: JsonValue | undefined,
  fail: (name: string, message: string, ...inside: (string | number)[]) => void,
): Pick<ServerDefinition, 'resources'> {
  if (written === undefined || written === null) return {};
  const parsed = rules.safeParse(written);
  if (parsed.success) return { resources: parsed.data };
  for (const { path, message } of parsed.error.issues) {
    const inside = path.filter((key) => typeof key !== 'symbol');
    fail('resources', `is wrong (${message}); write for example ${EXAMPLE}`, ...inside);
  }
  return {};
}
