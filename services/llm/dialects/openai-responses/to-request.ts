import type { OpenAI } from 'openai';
import type { LlmImage, LlmMessage, LlmPart, LlmRequest } from '../../../../common/llm.ts';
import type { ModelLimit } from '../../learned-limits.ts';
import type { LlmProviderConfig } from '../../llm-provider-config.ts';
import { objectSchema } from '../object-schema.ts';
import type { OpaqueOwner } from '../own-opaque.ts';
import { ownData } from '../own-opaque.ts';

type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Item = OpenAI.Responses.ResponseInputItem;
type Content = OpenAI.Responses.ResponseInputContent;

/** The API refuses less. */
const LEAST_OUTPUT_TOKENS = 16;

/** @param owner whose reasoning goes back; `null`: none does. */
export function toResponsesRequest(
  request: LlmRequest,
  { model, serviceTier }: Pick<LlmProviderConfig, 'model' | 'serviceTier'>,
  limits: ReadonlySet<ModelLimit>,
  owner: OpaqueOwner | null,
): Params {
  const params: Params = {
    model,
    input: request.messages.flatMap((message) => toItems(message, owner)),
    max_output_tokens: Math.max(LEAST_OUTPUT_TOKENS, request.maxOutputTokens),
    store: false,
  };
  if (!limits.has('no-reasoning-to-keep')) params.include = ['reasoning.encrypted_content'];
  if (request.temperature !== null && !limits.has('no-temperature')) {
    params.temperature = request.temperature;
  }
  if (serviceTier) params.service_tier = serviceTier;
  if (request.cacheKey !== undefined) params.prompt_cache_key = request.cacheKey;
  if (request.output !== undefined) {
    const { name, schema } = request.output;
    params.text = { format: { type: 'json_schema', name, schema } };
  }
  if (request.tools.length === 0) return params;
  params.tools = request.tools.map((tool) => ({
    type: 'function',
    name: tool.name,
    description: tool.description,
    parameters: objectSchema(tool.inputSchema),
    // Strict is the default here, and refuses most schemas that people write.
    strict: false,
  }));
  const forced = request.toolChoice === 'required' && limits.has('no-forced-tool');
  params.tool_choice = forced ? 'auto' : request.toolChoice;
  return params;
}

function toItems(message: LlmMessage, owner: OpaqueOwner | null): Item[] {
  switch (message.from) {
    case 'system':
      return [{ role: 'system', content: message.text }];
    case 'user':
      return [{ role: 'user', content: toContent(message.text, message.images ?? []) }];
    case 'tool':
      return [
        {
          type: 'function_call_output',
          call_id: message.callId,
          // This format has no field for errors, so the text says it.
          output: message.isError ? `Error: ${message.text}` : message.text,
        },
      ];
    case 'model': {
      // Reasoning without what it led to is refused.
      const last = message.parts.findLastIndex(({ kind }) => kind !== 'reasoning');
      return message.parts.slice(0, last + 1).flatMap((part) => toItem(part, owner));
    }
  }
}

function toItem(part: LlmPart, owner: OpaqueOwner | null): Item[] {
  switch (part.kind) {
    case 'text':
      return part.text === '' ? [] : [{ role: 'assistant', content: part.text }];
    case 'reasoning': {
      const data = ownData(part.opaque, owner);
      return data === null ? [] : [JSON.parse(data) as OpenAI.Responses.ResponseReasoningItem];
    }
    case 'tool-call': {
      const { callId, name, args } = part;
      const written = JSON.stringify(args);
      return [{ type: 'function_call', call_id: callId, name, arguments: written }];
    }
  }
}

function toContent(text: string, images: readonly LlmImage[]): string | Content[] {
  if (images.length === 0) return text;
  return [
    ...images.map(({ mediaType, data }): Content => {
      const image_url = `data:${mediaType};base64,${data}`;
      return { type: 'input_image', image_url, detail: 'auto' };
    }),
    ...(text === '' ? [] : [{ type: 'input_text', text } as const]),
  ];
}
