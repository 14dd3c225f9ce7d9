import type { JsonValue } from '../../../common/json.ts';
import type { LlmDialectName } from '../../../services/llm/llm-provider-config.ts';

/** What one vendor sends when it streams, one value a frame. */
interface Vendor {
  format(frame: JsonValue): string;
  readonly end: string;
  text(pieces: readonly string[]): JsonValue[];
  call(name: string, json: string): JsonValue[];
  finish(why: 'text' | 'call' | 'refusal' | 'length'): JsonValue[];
  readonly error: JsonValue;
}

const sse = (frame: JsonValue) => `data: ${JSON.stringify(frame)}\n\n`;
const chunk = (delta: JsonValue, finish_reason: string | null = null) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
});
const part = (value: JsonValue) => ({
  candidates: [{ content: { role: 'model', parts: [value] } }],
});
const message = (value: JsonValue) => ({ model: 'm', message: value, done: false });

export const VENDORS: Readonly<Record<LlmDialectName, Vendor>> = {
  openai: {
    format: sse,
    end: 'data: [DONE]\n\n',
    text: (pieces) => [
      chunk({ role: 'assistant', content: '' }),
      ...pieces.map((content) => chunk({ content })),
    ],
    call: (name, json) => [
      chunk({
        tool_calls: [
          { index: 0, id: 'call_1', type: 'function', function: { name, arguments: '' } },
        ],
      }),
      ...halves(json).map((piece) =>
        chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
      ),
    ],
    finish: (why) => [
      chunk(
        why === 'refusal' ? { refusal: 'No.' } : {},
        { text: 'stop', call: 'tool_calls', refusal: 'stop', length: 'length' }[why],
      ),
      {
        choices: [],
        usage: {
          prompt_tokens: 1180,
          completion_tokens: 58,
          prompt_tokens_details: { cached_tokens: 1024 },
          completion_tokens_details: { reasoning_tokens: 32 },
        },
      },
    ],
    error: { error: { message: 'Overloaded now.', type: 'server_error', code: null } },
  },
  'openai-responses': {
    format: (frame) => `event: ${(frame as { type: string }).type}\n${sse(frame)}`,
    end: '',
    text: (pieces) => [
      { type: 'response.created', response: { id: 'resp_1', status: 'in_progress', output: [] } },
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { type: 'message', id: 'msg_1', role: 'assistant', content: [] },
      },
      ...pieces.map((delta) => ({
        type: 'response.output_text.delta',
        item_id: 'msg_1',
        output_index: 0,
        content_index: 0,
        delta,
      })),
    ],
    call: (name, json) => [
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { type: 'function_call', id: 'fc_1', call_id: 'call_1', name, arguments: '' },
      },
      ...halves(json).map((delta) => ({
        type: 'response.function_call_arguments.delta',
        item_id: 'fc_1',
        output_index: 0,
        delta,
      })),
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: { type: 'function_call', id: 'fc_1', call_id: 'call_1', name, arguments: json },
      },
    ],
    finish: (why) => [
      ...(why === 'refusal'
        ? [{ type: 'response.refusal.delta', output_index: 0, content_index: 0, delta: 'No.' }]
        : []),
      {
        type: why === 'length' ? 'response.incomplete' : 'response.completed',
        response: {
          id: 'resp_1',
          status: why === 'length' ? 'incomplete' : 'completed',
          incomplete_details: why === 'length' ? { reason: 'max_output_tokens' } : null,
          usage: {
            input_tokens: 1180,
            input_tokens_details: { cached_tokens: 1024 },
            output_tokens: 58,
            output_tokens_details: { reasoning_tokens: 32 },
          },
        },
      },
    ],
    error: { type: 'error', code: 'server_error', message: 'Overloaded now.', param: null },
  },
  anthropic: {
    format: (frame) => `event: ${(frame as { type: string }).type}\n${sse(frame)}`,
    end: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    text: (pieces) => [
      start(),
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'ping' },
      ...pieces.map((text) => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text },
      })),
      { type: 'content_block_stop', index: 0 },
    ],
    call: (name, json) => [
      start(),
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 'toolu_1', name, input: {} },
      },
      ...halves(json).map((partial_json) => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'input_json_delta', partial_json },
      })),
      { type: 'content_block_stop', index: 0 },
    ],
    finish: (why) => [
      {
        type: 'message_delta',
        delta: {
          stop_reason: {
            text: 'end_turn',
            call: 'tool_use',
            refusal: 'refusal',
            length: 'max_tokens',
          }[why],
        },
        usage: { output_tokens: 58, output_tokens_details: { thinking_tokens: 32 } },
      },
    ],
    error: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded now.' } },
  },
  google: {
    format: (frame) => `data: ${JSON.stringify(frame)}\r\n\r\n`,
    end: '',
    text: (pieces) => pieces.map((text) => part({ text })),
    // An object here: text that is no JSON stays text, as a server would never send it.
    call: (name, json) => [part({ functionCall: { name, args: asJson(json) } })],
    finish: (why) => [
      {
        candidates: [
          {
            finishReason: { text: 'STOP', call: 'STOP', refusal: 'SAFETY', length: 'MAX_TOKENS' }[
              why
            ],
          },
        ],
        usageMetadata: {
          promptTokenCount: 1180,
          cachedContentTokenCount: 1024,
          candidatesTokenCount: 26,
          thoughtsTokenCount: 32,
        },
      },
    ],
    error: { error: { code: 503, message: 'Overloaded now.', status: 'UNAVAILABLE' } },
  },
  ollama: {
    format: (frame) => `${JSON.stringify(frame)}\n`,
    end: '',
    text: (pieces) => pieces.map((content) => message({ role: 'assistant', content })),
    call: (name, json) => [
      message({ content: '', tool_calls: [{ function: { name, arguments: asJson(json) } }] }),
    ],
    finish: (why) => [
      {
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: why === 'length' ? 'length' : 'stop',
        prompt_eval_count: 156,
        eval_count: 58,
      },
    ],
    error: { error: 'Overloaded now.' },
  },
};

/** A stream as the vendor sends it. */
export function streamText(dialect: LlmDialectName, frames: readonly JsonValue[]): string {
  const vendor = VENDORS[dialect];
  return frames.map((frame) => vendor.format(frame)).join('');
}

function start(): JsonValue {
  const usage = {
    input_tokens: 156,
    cache_read_input_tokens: 824,
    cache_creation_input_tokens: 200,
    output_tokens: 1,
  };
  return { type: 'message_start', message: { id: 'm', role: 'assistant', content: [], usage } };
}

function halves(text: string): string[] {
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

function asJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
