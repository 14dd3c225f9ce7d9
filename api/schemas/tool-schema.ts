import { z } from 'zod';
import type { JsonObject } from '../../common/json.ts';
import type { ToolContent, ToolId, ToolResult } from '../../common/tool.ts';
import { effectSchema, serverName } from './server-schema.ts';

/** JSON was parsed from the body; deeper checks are the tool's own schema. */
export const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;

export const toolParams = z.strictObject({
  server: serverName,
  tool: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not hold control characters'),
});

export const toolSchema = z
  .object({
    id: z.string().meta({ description: '`server/tool`' }),
    server: z.string(),
    name: z.string(),
    modelName: z.string(),
    title: z.string().nullable(),
    description: z.string(),
    inputSchema: jsonObject,
    outputSchema: jsonObject.nullable(),
    fingerprint: z.string(),
    effect: effectSchema,
    enabled: z.boolean(),
    status: z.enum(['active', 'changed', 'gone']).meta({
      description:
        '`changed`: its definition is not the one that was approved; approve it to use it.',
    }),
    tags: z.array(z.string()),
    warnings: z.array(z.string()),
    lastSeenMs: z.number(),
  })
  .meta({ id: 'Tool' });

export const toolHitSchema = z.object({
  tool: toolSchema,
  score: z.number(),
  matched: z.string().nullable().meta({
    description: 'The step of the request that it serves; null: the request as a whole.',
  }),
  arms: z.object({
    dense: z.object({ rank: z.number(), score: z.number() }).nullable(),
    lexical: z.object({ rank: z.number(), score: z.number() }).nullable(),
    reranked: z.object({ rank: z.number() }).nullable().exactOptional().meta({
      description: 'Where a model looked at the hits; null: it did not choose this one.',
    }),
  }),
});

const artifactRef = z
  .object({
    artifactId: z.string(),
    mediaType: z.string(),
    bytes: z.number(),
    sha256: z.string(),
  })
  .meta({ id: 'ArtifactRef' });

const degradedBy = { tool: z.string() as unknown as z.ZodType<ToolId>, why: z.string() };

export const degradedSchema = z
  .array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('alternative-tool'), ...degradedBy, rule: z.string() }),
      z.object({ kind: z.literal('fallback'), ...degradedBy }),
      z.object({ kind: z.literal('stale-cache'), ageMs: z.number(), why: z.string() }),
    ]),
  )
  .meta({ description: 'How the answer came, where the tool itself did not give it.' });

export const toolResultSchema: z.ZodType<ToolResult> = z
  .object({
    isError: z.boolean(),
    content: z.array(z.looseObject({ kind: z.string() }) as unknown as z.ZodType<ToolContent>),
    structured: jsonObject.nullable(),
    artifact: artifactRef.nullable(),
    degraded: degradedSchema.exactOptional(),
  })
  .meta({ id: 'ToolResult' });
