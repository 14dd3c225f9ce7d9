import { z } from 'zod';
import type { LlmOpaque, LlmPart, LlmResponse, LlmUsage } from '../../../../common/llm.ts';
import { countingBadArgs } from '../../bad-tool-args.ts';
import { finishAnswer } from '../../finish-answer.ts';
import { parseToolArgs } from '../../parse-tool-args.ts';
import { pricedApart } from '../../priced-apart.ts';
import type { OpaqueOwner } from '../own-opaque.ts';
import { seal } from '../own-opaque.ts';
import { parseAnswer } from '../parse-answer.ts';

const count = z.number().nullish();
export const anthropicUsage = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z.object({ ephemeral_1h_input_tokens: count }).nullish(),
  server_tool_use: z.object({ web_search_requests: count }).nullish(),
  output_tokens_details: z.object({ thinking_tokens: count }).nullish(),
});
const answerShape = z.object({
  content: z.array(
    z.object({
      type: z.string(),
      text: z.string().optional(),
      id: z.string().optional(),
      name: z.string().optional(),
      input: z.unknown().optional(),
      thinking: z.string().optional(),
      signature: z.string().optional(),
      data: z.string().optional(),
    }),
  ),
  stop_reason: z.string().nullish(),
  usage: anthropicUsage.nullish(),
});

export const ANTHROPIC_FINISH: Readonly<Record<string, LlmResponse['finish']['unified']>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refusal',
};

export function fromAnthropicAnswer(
  answer: unknown,
  owner: OpaqueOwner,
): Omit<LlmResponse, 'servedBy'> {
  const { content, stop_reason, usage: counted } = parseAnswer(answerShape, answer);
  const raw = stop_reason ?? 'none given';
  const usage = fromAnthropicUsage(counted);
  const parts = countingBadArgs(usage, () => content.flatMap((block) => toPart(block, owner)));
  return finishAnswer({ parts, unified: ANTHROPIC_FINISH[raw] ?? 'other', raw, usage });
}

/** Input tokens come without the cached ones here, as we want them. */
export function fromAnthropicUsage(
  usage: z.infer<typeof anthropicUsage> | null | undefined,
): Omit<LlmUsage, 'costUsd'> {
  return {
    inputTokens: usage?.input_tokens ?? null,
    cacheReadTokens: usage?.cache_read_input_tokens ?? null,
    cacheWriteTokens: usage?.cache_creation_input_tokens ?? null,
    ...pricedApart({
      cache_write_1h_tokens: usage?.cache_creation?.ephemeral_1h_input_tokens,
      web_searches: usage?.server_tool_use?.web_search_requests,
    }),
    outputTokens: usage?.output_tokens ?? null,
    reasoningTokens: usage?.output_tokens_details?.thinking_tokens ?? null,
  };
}

function toPart(
  block: z.infer<typeof answerShape>['content'][number],
  owner: OpaqueOwner,
): LlmPart[] {
  if (block.type === 'text' && block.text !== undefined && block.text !== '') {
    return [{ kind: 'text', text: block.text }];
  }
  if (block.type === 'tool_use' && block.id !== undefined && block.name !== undefined) {
    const args = parseToolArgs(block.name, block.input);
    return [{ kind: 'tool-call', callId: block.id, name: block.name, args }];
  }
  const opaque = sealThinking(block, owner);
  const text = block.type === 'thinking' ? (block.thinking ?? '') : '';
  if (opaque === null && text === '') return [];
  return [{ kind: 'reasoning', text, ...(opaque === null ? {} : { opaque }) }];
}

/** A block of thinking as it goes back; `null` where it cannot: it has no signature, or is none. */
export function sealThinking(
  block: {
    readonly type: string;
    readonly thinking?: string | undefined;
    readonly signature?: string | undefined;
    readonly data?: string | undefined;
  },
  owner: OpaqueOwner,
): LlmOpaque | null {
  const { type, thinking = '', signature, data } = block;
  if (type === 'thinking' && signature) {
    return seal(owner, JSON.stringify({ type, thinking, signature }));
  }
  return type === 'redacted_thinking' && data ? seal(owner, JSON.stringify({ type, data })) : null;
}
