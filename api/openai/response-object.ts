import type { LlmPart, LlmResponse, LlmUsage } from '../../common/llm.ts';
import { newId } from '../new-id.ts';
import { packOpaque } from './carried-opaque.ts';
import type { ResponsesBody } from './responses-request.ts';

/** What all states of one response carry. */
export interface ResponseHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly body: ResponsesBody;
}

/** An item of the output as clients read it. */
export type OutputItem = { readonly type: string; readonly id: string } & Record<string, unknown>;

/** The response in OpenAI's form; `ostinato` says who served it and why. */
export function toResponseObject(
  head: ResponseHead,
  response: LlmResponse,
  output: readonly OutputItem[] = toOutput(response),
): object {
  const { finish, usage, servedBy, routing } = response;
  const cut = finish.unified === 'length';
  return {
    ...startedResponse(head, servedBy.model),
    status: cut ? 'incomplete' : 'completed',
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    output,
    usage: toResponseUsage(usage),
    ostinato: { servedBy, routing: routing ?? null, costUsd: usage.costUsd },
  };
}

/** The response while nothing is known of its answer but the model that gives it. */
export function startedResponse({ id, createdAt, body }: ResponseHead, model: string): object {
  return {
    id,
    object: 'response',
    created_at: createdAt,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: {},
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    temperature: body.temperature ?? null,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: null,
    truncation: 'disabled',
    usage: null,
  };
}

function toOutput({ parts, finish }: LlmResponse): OutputItem[] {
  const refused = finish.unified === 'refusal';
  return parts.flatMap((part) => {
    const item = toItem(part, newId(), refused);
    const carrier = carrierOf(part);
    return carrier === null ? [item] : [carrier, item];
  });
}

/** @param refused the words are a refusal. */
export function toItem(part: LlmPart, id: string, refused: boolean): OutputItem {
  switch (part.kind) {
    case 'text': {
      const { text } = part;
      const content = refused ? { type: 'refusal', refusal: text } : outputText(text);
      const role = 'assistant';
      return { type: 'message', id: `msg_${id}`, role, status: 'completed', content: [content] };
    }
    case 'reasoning': {
      const { text, opaque } = part;
      const summary = text === '' ? [] : [{ type: 'summary_text', text }];
      const encrypted_content = opaque === undefined ? null : packOpaque(opaque);
      return { type: 'reasoning', id: `rs_${id}`, summary, encrypted_content };
    }
    case 'tool-call': {
      const { callId, name, args } = part;
      const call = { call_id: callId, name, arguments: JSON.stringify(args) };
      return { type: 'function_call', id: `fc_${id}`, status: 'completed', ...call };
    }
  }
}

/** A call has no field for what its provider wants back: an item beside it has. */
export function carrierOf(part: LlmPart): OutputItem | null {
  if (part.kind !== 'tool-call' || part.opaque === undefined) return null;
  const encrypted_content = packOpaque(part.opaque, part.callId);
  return { type: 'reasoning', id: `rs_${newId()}`, summary: [], encrypted_content };
}

export function outputText(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

/** This format counts cached tokens among the input. */
function toResponseUsage(usage: LlmUsage): object | null {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage;
  if (inputTokens === null || outputTokens === null) return null;
  const input = inputTokens + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: cacheReadTokens ?? 0,
      cache_write_tokens: cacheWriteTokens ?? 0,
    },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens ?? 0 },
    total_tokens: input + outputTokens,
  };
}
