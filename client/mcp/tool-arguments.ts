import { z } from 'zod';
import type { JsonObject } from '../../common/json.ts';
import type { ServerName } from '../../common/tool.ts';
import { startAgentSchema, startPlanSchema } from '../requests.ts';

const waitMs = z.int().min(0).max(600_000);
const DEFAULT_WAIT_MS = 45_000;

const serverName = z
  .string()
  .min(1)
  .max(63)
  .transform((name) => name as ServerName);
const runId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is no run id');

/**
 * What the tools take, checked as `inputSchema` in `tools/` describes it. What people have a say
 * in is not for a model to set.
 */
export const toolArguments = {
  find_tools: z.strictObject({
    requests: z
      .array(
        z.strictObject({
          server: z.string().trim().max(200).default(''),
          tool: z.string().trim().min(1, 'is empty: say what the tool must do').max(2_000),
        }),
      )
      .min(1)
      .max(10),
    only: z
      .strictObject({
        servers: z.array(serverName).min(1).max(100).exactOptional(),
        effects: z
          .array(z.enum(['read', 'keyed', 'non-idempotent', 'compensable']))
          .min(1)
          .max(4)
          .exactOptional(),
        tags: z.array(z.string().min(1).max(64)).min(1).max(50).exactOptional(),
        reachable: z.boolean().exactOptional(),
      })
      .default({}),
  }),
  call_tool: z.strictObject({
    tool: z.string().min(1).max(300),
    args: (z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject>).default({}),
    idempotencyKey: z
      .string()
      .regex(/^[\x21-\x7e]{1,255}$/, 'takes 1 to 255 printable characters without spaces')
      .nullable()
      .default(null),
    maxChars: z.int().min(1_000).optional(),
  }),
  read_artifact: z.strictObject({
    artifactId: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'is no artifact id'),
    path: z.string().max(1_000).optional(),
    find: z.string().min(1).max(500).optional(),
    offset: z.int().min(0).default(0),
    limit: z.int().min(1).max(200_000).default(20_000),
  }),
  run_agent: startAgentSchema
    .omit({ fastReads: true, policy: true })
    .extend({ waitMs: waitMs.default(DEFAULT_WAIT_MS) }),
  run_plan: startPlanSchema
    .omit({ fastReads: true, policy: true })
    .extend({ waitMs: waitMs.default(DEFAULT_WAIT_MS) }),
  get_run: z.strictObject({ runId, waitMs: waitMs.default(0) }),
  cancel_run: z.strictObject({ runId, reason: z.string().trim().min(1).max(500).optional() }),
} as const;
