import type { OpenAI } from 'openai';
import type { LlmImage, LlmMessage, LlmPart, LlmRequest } from '../../../../common/llm.ts';
import type { ModelLimit } from '../../learned-limits.ts';
import type { ServiceTier } from '../../llm-provider-config.ts';
import { objectSchema } from '../object-schema.ts';

type Params = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;
type Message = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type ContentPart = OpenAI.Chat.Completions.ChatCompletionContentPart;
type ToolCall = OpenAI.Chat.Completions.ChatCompletionMessageFunctionToolCall;

export interface OpenAiTarget {
  readonly model: string;
  /** OpenAI's reasoning models refuse `max_tokens`; compatible servers may know nothing else. */
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens';
  /** @default the usual one */
  readonly serviceTier?: ServiceTier | null;
}

export function toOpenAiRequest(
  request: LlmRequest,
  target: OpenAiTarget,
  limits: ReadonlySet<ModelLimit>,
): Params {
  const params: Params = {
    model: target.model,
    messages: request.messages.flatMap(toMessages),
    [target.maxTokensField]: request.maxOutputTokens,
  };
  if (request.temperature !== null && !limits.has('no-temperature')) {
    params.temperature = request.temperature;
  }
  if (request.stop !== undefined && request.stop.length > 0) params.stop = [...request.stop];
  if (target.serviceTier) params.service_tier = target.serviceTier;
  if (request.cacheKey !== undefined) params.prompt_cache_key = request.cacheKey;
  if (request.output !== undefined) {
    const { name, schema } = request.output;
    params.response_format = { type: 'json_schema', json_schema: { name, schema } };
  }
  if (request.tools.length === 0) return params;
  params.tools = request.tools.map((tool) => ({
    type: 'function',
    function: {
      name: tool.name,
      description: tool.description,
      parameters: objectSchema(tool.inputSchema),
    },
  }));
  const forced = request.toolChoice === 'required' && limits.has('no-forced-tool');
  params.tool_choice = forced ? 'auto' : request.toolChoice;
  if (limits.has('no-reasoning-with-tools')) params.reasoning_effort = 'none';
  return params;
}

function toMessages(message: LlmMessage): Message[] {
  switch (message.from) {
    case 'system':
      return [{ role: 'system', content: message.text }];
    case 'user':
      return [{ role: 'user', content: toContent(message.text, message.images ?? []) }];
    case 'tool':
      return [
        {
          role: 'tool',
          tool_call_id: message.callId,
          // This format has no field for errors, so the text says it.
          content: message.isError ? `Error: ${message.text}` : message.text,
        },
      ];
    case 'model':
      return toAssistant(message.parts);
  }
}

function toContent(text: string, images: readonly LlmImage[]): string | ContentPart[] {
  if (images.length === 0) return text;
  return [
    ...images.map(({ mediaType, data }): ContentPart => {
      return { type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } };
    }),
    ...(text === '' ? [] : [{ type: 'text', text } as const]),
  ];
}

function toAssistant(parts: readonly LlmPart[]): Message[] {
  const text = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n');
  const toolCalls = parts.flatMap((part): ToolCall[] =>
    part.kind === 'tool-call'
      ? [
          {
            id: part.callId,
            type: 'function',
            function: { name: part.name, arguments: JSON.stringify(part.args) },
          },
        ]
      : [],
  );
  if (text === '' && toolCalls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    },
  ];
}
