import type { ChatRequest, Message, Tool } from 'ollama';
import type { LlmMessage, LlmPart, LlmRequest } from '../../../../common/llm.ts';
import { objectSchema } from '../object-schema.ts';

/**
 * `num_ctx` is always given: left out, the server takes a small window and cuts the prompt without a
 * word. There is no forced tool call here, so `required` is `auto`.
 */
export function toOllamaRequest(
  request: LlmRequest,
  model: string,
  contextTokens: number,
): ChatRequest & { stream: false } {
  const offered = request.toolChoice === 'none' ? [] : request.tools;
  return {
    model,
    stream: false,
    messages: request.messages.flatMap(toMessages),
    ...(offered.length === 0 ? {} : { tools: offered.map(toTool) }),
    ...(request.output === undefined ? {} : { format: request.output.schema }),
    options: {
      num_ctx: contextTokens,
      num_predict: request.maxOutputTokens,
      ...(request.stop === undefined ? {} : { stop: [...request.stop] }),
      ...(request.temperature === null ? {} : { temperature: request.temperature }),
    },
  };
}

function toTool(tool: LlmRequest['tools'][number]): Tool {
  const { name, description, inputSchema } = tool;
  // The SDK's type knows a few keywords only; the server passes all of them to the template.
  const parameters = objectSchema(inputSchema) as NonNullable<Tool['function']['parameters']>;
  return { type: 'function', function: { name, description, parameters } };
}

function toMessages(message: LlmMessage): Message[] {
  switch (message.from) {
    case 'system':
      return [{ role: 'system', content: message.text }];
    case 'user': {
      const images = (message.images ?? []).map(({ data }) => data);
      const content = message.text;
      return [{ role: 'user', content, ...(images.length === 0 ? {} : { images }) }];
    }
    case 'tool': {
      const content = message.isError ? `Error: ${message.text}` : message.text;
      // Calls have no ids here: a result names the tool, and the order does the rest.
      return [{ role: 'tool', content, tool_name: message.name }];
    }
    case 'model':
      return toAssistant(message.parts);
  }
}

function toAssistant(parts: readonly LlmPart[]): Message[] {
  const content = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n');
  const calls = parts.flatMap((part) =>
    part.kind === 'tool-call'
      ? [{ function: { name: part.name, arguments: { ...part.args } } }]
      : [],
  );
  if (content === '' && calls.length === 0) return [];
  return [{ role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: calls }) }];
}
