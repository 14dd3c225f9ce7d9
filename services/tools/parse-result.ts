import { z } from 'zod';
import type { JsonObject } from '../../common/json.ts';
import type { ToolResult } from '../../common/tool.ts';

const json = z.record(z.string(), z.unknown()).transform((value) => value as JsonObject);

/** Without artifacts: a result that has one is not cached. */
const block = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('resource-link'), uri: z.string(), name: z.string() }),
  z.object({
    kind: z.literal('resource'),
    uri: z.string(),
    mediaType: z.string().nullable(),
    text: z.string().nullable(),
    artifact: z.null(),
  }),
]);

const result = z.object({
  isError: z.boolean(),
  content: z.array(block),
  structured: json.nullable(),
  artifact: z.null(),
});

/** A result that came from outside this process; `null` where it is none. */
export function parseResult(value: unknown): ToolResult | null {
  const parsed = result.safeParse(value);
  return parsed.success ? parsed.data : null;
}
