import { z } from 'zod';
import type { JsonObject } from '../../common/json.ts';
import type { LlmRequest, LlmTool } from '../../common/llm.ts';
import { DEFAULT_MAX_OUTPUT_TOKENS, offeredTools } from './request-parts.ts';
import { inputItem, toMessages } from './responses-input.ts';

const tool = z.looseObject({
  type: z.literal('function', 'only functions are possible'),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
});
const named = z.looseObject({ type: z.literal('function'), name: z.string() });

/** The Responses API without its state; fields that only tune an answer are let pass unused. */
export const responsesBody = z.looseObject({
  model: z.string().min(1).max(300).meta({
    description: '`provider/model`, a model’s name, `auto` or `auto:PRESET`.',
  }),
  input: z.union([z.string(), z.array(inputItem).min(1)]),
  instructions: z.string().nullish(),
  tools: z.array(tool).max(500).nullish(),
  tool_choice: z.union([z.enum(['auto', 'required', 'none']), named]).nullish(),
  max_output_tokens: z.int().min(1).max(1_000_000).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  text: z
    .looseObject({
      format: z
        .discriminatedUnion('type', [
          z.looseObject({ type: z.literal('text') }),
          z.looseObject({
            type: z.literal('json_schema'),
            name: z.string().min(1),
            schema: z.record(z.string(), z.unknown()),
          }),
        ])
        .nullish(),
    })
    .nullish(),
  prompt_cache_key: z.string().max(200).nullish(),
  previous_response_id: z
    .null('is not possible: nothing is stored here, send the whole conversation')
    .optional(),
  conversation: z.null('is not possible: send the whole conversation').optional(),
  background: z.literal(false, 'is not possible').nullish(),
  stream: z.boolean().nullish(),
});
export type ResponsesBody = z.infer<typeof responsesBody>;

/** @throws ServiceError (BadInput) naming the field that cannot be served. */
export function fromResponsesBody(body: ResponsesBody, tenantId: string): LlmRequest {
  const choice = body.tool_choice ?? 'auto';
  const format = body.text?.format;
  const said = typeof body.input === 'string' ? [{ from: 'user', text: body.input } as const] : [];
  const items = typeof body.input === 'string' ? [] : toMessages(body.input);
  const system = body.instructions ? [{ from: 'system', text: body.instructions } as const] : [];
  return {
    role: 'worker',
    messages: [...system, ...said, ...items],
    tools: offeredTools(
      (body.tools ?? []).map(toTool),
      typeof choice === 'object' ? choice.name : null,
    ),
    toolChoice: typeof choice === 'object' ? 'required' : choice,
    maxOutputTokens: body.max_output_tokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
    temperature: body.temperature ?? null,
    ...(format?.type === 'json_schema'
      ? { output: { name: format.name, schema: format.schema as JsonObject } }
      : {}),
    ...(body.prompt_cache_key ? { cacheKey: `${tenantId}:${body.prompt_cache_key}` } : {}),
  };
}

function toTool({ name, description, parameters }: z.infer<typeof tool>): LlmTool {
  const inputSchema = (parameters ?? { type: 'object', properties: {} }) as JsonObject;
  return { name, description: description ?? '', inputSchema };
}
