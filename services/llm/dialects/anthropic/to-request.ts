import type { Anthropic } from '@anthropic-ai/sdk';
import type { LlmImage, LlmMessage, LlmPart, LlmRequest } from '../../../../common/llm.ts';
import type { ModelLimit } from '../../learned-limits.ts';
import { objectSchema } from '../object-schema.ts';
import type { OpaqueOwner } from '../own-opaque.ts';
import { ownData } from '../own-opaque.ts';

type Params = Anthropic.MessageCreateParamsNonStreaming;
type Block = Anthropic.ContentBlockParam;
type ThinkingBlock = Anthropic.ThinkingBlockParam | Anthropic.RedactedThinkingBlockParam;
interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: Block[];
}

const TOOL_CHOICE = { auto: 'auto', required: 'any', none: 'none' } as const;

/**
 * System messages become the one system prompt; results of parallel calls go together into the turn
 * after the calls, as this format demands. The temperature is not sent at all: this API has none.
 *
 * @param owner whose thinking goes back; `null`: none does.
 */
export function toAnthropicRequest(
  request: LlmRequest,
  model: string,
  limits: ReadonlySet<ModelLimit>,
  owner: OpaqueOwner | null,
): Params {
  const system = request.messages
    .flatMap((message) => (message.from === 'system' ? [message.text] : []))
    .join('\n\n');
  const params: Params = {
    model,
    max_tokens: request.maxOutputTokens,
    messages: toTurns(request.messages, owner),
  };
  if (system !== '') params.system = system;
  if (request.stop !== undefined && request.stop.length > 0) {
    params.stop_sequences = [...request.stop];
  }
  if (request.output !== undefined) {
    params.output_config = { format: { type: 'json_schema', schema: request.output.schema } };
  }
  // One breakpoint, which the API moves to the last block it can cache: the prefix grows by itself.
  if (request.cacheKey !== undefined) params.cache_control = { type: 'ephemeral' };
  if (request.tools.length === 0) return params;
  params.tools = request.tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    input_schema: objectSchema(tool.inputSchema) as Anthropic.Tool.InputSchema,
  }));
  const refused = limits.has('no-forced-tool') && request.toolChoice === 'required';
  params.tool_choice = { type: refused ? 'auto' : TOOL_CHOICE[request.toolChoice] };
  return params;
}

function toTurns(messages: readonly LlmMessage[], owner: OpaqueOwner | null): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const role = message.from === 'model' ? 'assistant' : 'user';
    const content = toBlocks(message, owner);
    const last = turns.at(-1);
    if (last?.role === role) {
      last.content.push(...content);
    } else if (content.length > 0) {
      turns.push({ role, content });
    }
  }
  return turns;
}

function toBlocks(message: LlmMessage, owner: OpaqueOwner | null): Block[] {
  switch (message.from) {
    case 'system':
      return [];
    case 'user':
      return [...(message.images ?? []).map(imageBlock), ...textBlock(message.text)];
    case 'model':
      return message.parts.flatMap((part) => toBlock(part, owner));
    case 'tool':
      return [
        {
          type: 'tool_result',
          tool_use_id: fittingId(message.callId),
          content: message.text,
          ...(message.isError ? { is_error: true } : {}),
        },
      ];
  }
}

function toBlock(part: LlmPart, owner: OpaqueOwner | null): Block[] {
  if (part.kind === 'text') return textBlock(part.text);
  if (part.kind === 'reasoning') {
    const data = ownData(part.opaque, owner);
    return data === null ? [] : [JSON.parse(data) as ThinkingBlock];
  }
  return [{ type: 'tool_use', id: fittingId(part.callId), name: part.name, input: part.args }];
}

function imageBlock({ mediaType, data }: LlmImage): Block {
  const media_type = mediaType as Anthropic.Base64ImageSource['media_type'];
  return { type: 'image', source: { type: 'base64', media_type, data } };
}

/** This format refuses empty text. */
function textBlock(text: string): Block[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }];
}

/** Ids of calls that another provider made may hold characters that this one refuses. */
function fittingId(callId: string): string {
  return callId.replace(/[^a-zA-Z0-9_-]/g, '_');
}
