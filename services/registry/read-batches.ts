import { z } from 'zod';
import type { JsonValue } from '../../common/json.ts';
import type { BatchRule, ServerDefinition } from './server-definition.ts';

const EXAMPLE =
  '{"get_weather": {"tool": "get_weather_many", "argument": "city", "items": "cities", "result": "results"}}';
const rule = z.strictObject({
  tool: z.string().min(1),
  argument: z.string().min(1),
  items: z.string().min(1),
  result: z.string().exactOptional(),
  maxItems: z.int().min(2).max(1_000).exactOptional(),
}) satisfies z.ZodType<BatchRule>;
const rules = z.record(z.string(), rule);

/**
 * The field `batches` of a servers file. What is wrong goes to `fail`, and the field is left out.
 */
export function readBatches(
  written: JsonValue | undefined,
  fail: (name: string, message: string, ...inside: (string | number)[]) => void,
): Pick<ServerDefinition, 'batches'> {
  if (written === undefined || written === null) return {};
  const parsed = rules.safeParse(written);
  if (parsed.success) return { batches: parsed.data };
  for (const { path, message } of parsed.error.issues) {
    const inside = path.filter((key) => typeof key !== 'symbol');
    fail('batches', `is wrong (${message}); write for example ${EXAMPLE}`, ...inside);
  }
  return {};
}
