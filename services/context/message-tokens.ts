import type { LlmMessage, LlmTool } from '../../common/llm.ts';
import { countTokens } from './count-tokens.ts';

/** What role, ids and brackets of one message or part take, about. */
const FRAME_TOKENS = 6;
/** Providers scale images down to about this. */
const IMAGE_TOKENS = 1_600;

/** Tokens of a message as providers' formats write it. */
export function messageTokens(message: LlmMessage): number {
  if (message.from !== 'model') {
    const images = message.from === 'user' ? (message.images?.length ?? 0) : 0;
    return FRAME_TOKENS + countTokens(message.text) + images * IMAGE_TOKENS;
  }
  return message.parts.reduce((sum, part) => {
    const text = part.kind !== 'tool-call' ? part.text : part.name + JSON.stringify(part.args);
    return sum + FRAME_TOKENS + countTokens(text);
  }, FRAME_TOKENS);
}

export function messagesTokens(messages: readonly LlmMessage[]): number {
  return messages.reduce((sum, message) => sum + messageTokens(message), 0);
}

/** Tokens of tool definitions. */
export function toolsTokens(tools: readonly LlmTool[]): number {
  return tools.reduce((sum, tool) => sum + FRAME_TOKENS + countTokens(JSON.stringify(tool)), 0);
}
