import { z } from 'zod';
import type { JsonObject } from '../../common/json.ts';
import type { LlmMessage, LlmPart, LlmRequest, LlmTool } from '../../common/llm.ts';
import {
  badInput,
  DEFAULT_MAX_OUTPUT_TOKENS,
  offeredTools,
  toArgs,
  toImage,
} from './request-parts.ts';

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() });
const imagePart = z.looseObject({
  type: z.literal('image_url'),
  image_url: z.looseObject({ url: z.string() }),
});
const words = z.union([z.string(), z.array(textPart)]);
const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer']), content: words }),
  z.looseObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textPart, imagePart]))]),
  }),
  z.looseObject({
    role: z.literal('assistant'),
    content: words.nullish(),
    tool_calls: z
      .array(
        z.looseObject({
          id: z.string().min(1),
          function: z.looseObject({ name: z.string().min(1), arguments: z.string() }),
        }),
      )
      .nullish(),
  }),
  z.looseObject({ role: z.literal('tool'), tool_call_id: z.string().min(1), content: words }),
]);
const tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
});
const named = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({ name: z.string() }),
});
const count = z.int().min(1).max(1_000_000).nullish();

/** Chat Completions as OpenAI documents it; fields that only tune an answer are let pass unused. */
export const chatBody = z.looseObject({
  model: z.string().min(1).max(300).meta({
    description: '`provider/model`, a model’s name, `auto` or `auto:PRESET`.',
  }),
  messages: z.array(message).min(1),
  tools: z.array(tool).max(500).nullish(),
  tool_choice: z.union([z.enum(['auto', 'required', 'none']), named]).nullish(),
  max_tokens: count,
  max_completion_tokens: count,
  temperature: z.number().min(0).max(2).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  n: z.literal(1, 'only 1 is possible').nullish(),
  logprobs: z.literal(false, 'is not possible').nullish(),
  response_format: z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('text') }),
      z.looseObject({
        type: z.literal('json_schema'),
        json_schema: z.looseObject({
          name: z.string().min(1),
          schema: z.record(z.string(), z.unknown()),
        }),
      }),
    ])
    .nullish(),
  prompt_cache_key: z.string().max(200).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});
export type ChatBody = z.infer<typeof chatBody>;

/** @throws ServiceError (BadInput) naming the field that cannot be served. */
export function fromChatBody(body: ChatBody, tenantId: string): LlmRequest {
  const names = new Map<string, string>();
  const messages = body.messages.map((one) => toMessage(one, names));
  const all = (body.tools ?? []).map(toTool);
  const choice = body.tool_choice ?? 'auto';
  const tools = offeredTools(all, typeof choice === 'object' ? choice.function.name : null);
  const format = body.response_format;
  const { stop } = body;
  return {
    role: 'worker',
    messages,
    tools,
    toolChoice: typeof choice === 'object' ? 'required' : choice,
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
    temperature: body.temperature ?? null,
    ...(stop === null || stop === undefined ? {} : { stop: [stop].flat() }),
    ...(format?.type === 'json_schema'
      ? {
          output: {
            name: format.json_schema.name,
            schema: format.json_schema.schema as JsonObject,
          },
        }
      : {}),
    ...(body.prompt_cache_key ? { cacheKey: `${tenantId}:${body.prompt_cache_key}` } : {}),
  };
}

function toMessage(given: z.infer<typeof message>, names: Map<string, string>): LlmMessage {
  switch (given.role) {
    case 'system':
    case 'developer':
      return { from: 'system', text: textOf(given.content) };
    case 'user': {
      if (typeof given.content === 'string') return { from: 'user', text: given.content };
      const images = given.content.flatMap((part) =>
        part.type === 'image_url' ? [toImage(part.image_url.url)] : [],
      );
      const texts = given.content.filter((part) => part.type === 'text');
      return { from: 'user', text: textOf(texts), ...(images.length === 0 ? {} : { images }) };
    }
    case 'assistant': {
      const text = textOf(given.content ?? '');
      const calls = (given.tool_calls ?? []).map((call): LlmPart => {
        const { name } = call.function;
        names.set(call.id, name);
        return { kind: 'tool-call', callId: call.id, name, args: toArgs(call.function) };
      });
      const said: LlmPart[] = text === '' ? [] : [{ kind: 'text', text }];
      return { from: 'model', parts: [...said, ...calls] };
    }
    case 'tool': {
      const callId = given.tool_call_id;
      const name = names.get(callId);
      if (name === undefined) throw badInput(`No tool call "${callId}" stands before its result.`);
      return { from: 'tool', callId, name, text: textOf(given.content), isError: false };
    }
  }
}

function textOf(content: z.infer<typeof words>): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}

function toTool({ function: given }: z.infer<typeof tool>): LlmTool {
  const { name, description, parameters } = given;
  const inputSchema = (parameters ?? { type: 'object', properties: {} }) as JsonObject;
  return { name, description: description ?? '', inputSchema };
}
