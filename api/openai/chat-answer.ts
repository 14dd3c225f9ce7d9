import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import type { LlmPart, LlmResponse, LlmUsage } from '../../common/llm.ts';

/** What all parts of one answer carry. */
export interface ChatHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
}

const FINISH = {
  stop: 'stop',
  'tool-calls': 'tool_calls',
  length: 'length',
  refusal: 'content_filter',
  other: 'stop',
} as const;

/** The answer in OpenAI's form; `ostinato` says who served it and why. */
export function toChatCompletion(head: ChatHead, response: LlmResponse): object {
  const { parts, finish, usage, servedBy, routing } = response;
  const calls = parts.filter((part) => part.kind === 'tool-call');
  const toolCalls = calls.map(({ callId, name, args }) => {
    const written = { name, arguments: JSON.stringify(args) };
    return { id: callId, type: 'function', function: written };
  });
  const text = textOf(parts, 'text');
  const reasoning = textOf(parts, 'reasoning');
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: servedBy.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' ? null : text,
          refusal: null,
          ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
          ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
        },
        logprobs: null,
        finish_reason: FINISH[finish.unified],
      },
    ],
    usage: toChatUsage(usage),
    ostinato: { servedBy, routing: routing ?? null, costUsd: usage.costUsd },
  };
}

/** Turns events into chunks, one for each that a client of this format can see. */
export function createChunker(head: ChatHead, options: { readonly includeUsage: boolean }) {
  const indexes = new Map<string, number>();
  let model = '';
  let begun = false;
  const chunk = (delta: object, finish_reason: string | null = null, more: object = {}): object => {
    const role = begun ? {} : { role: 'assistant' };
    begun = true;
    const choices = [{ index: 0, delta: { ...role, ...delta }, logprobs: null, finish_reason }];
    return { ...frame(), choices, ...more };
  };
  const frame = () => ({ ...head, object: 'chat.completion.chunk', model });
  const call = (callId: string, more: object): object =>
    chunk({ tool_calls: [{ index: indexes.get(callId) ?? 0, ...more }] });

  return (event: LlmStreamEvent): readonly object[] => {
    switch (event.kind) {
      case 'served':
        ({ model } = event.servedBy);
        return [];
      case 'text':
        return [chunk({ content: event.text })];
      case 'reasoning':
        return [chunk({ reasoning_content: event.text })];
      case 'tool-call-start': {
        const { callId, name } = event;
        indexes.set(callId, indexes.size);
        return [call(callId, { id: callId, type: 'function', function: { name, arguments: '' } })];
      }
      case 'tool-call-args':
        return [call(event.callId, { function: { arguments: event.text } })];
      case 'finish': {
        const { finish, usage, servedBy, routing } = event.response;
        const ostinato = { servedBy, routing: routing ?? null, costUsd: usage.costUsd };
        const last = chunk({}, FINISH[finish.unified], { ostinato });
        const counted = { ...frame(), choices: [], usage: toChatUsage(usage) };
        return options.includeUsage ? [last, counted] : [last];
      }
      default:
        return [];
    }
  };
}

/** This format counts cached tokens among the prompt's. Unknown stays out; all unknown is `null`. */
function toChatUsage(usage: LlmUsage): object | null {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage;
  if (inputTokens === null || outputTokens === null) return null;
  const prompt = inputTokens + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: outputTokens,
    total_tokens: prompt + outputTokens,
    ...(cacheReadTokens === null
      ? {}
      : { prompt_tokens_details: { cached_tokens: cacheReadTokens } }),
    ...(reasoningTokens === null
      ? {}
      : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}

function textOf(parts: readonly LlmPart[], kind: 'text' | 'reasoning'): string {
  return parts.flatMap((part) => (part.kind === kind ? [part.text] : [])).join('');
}
