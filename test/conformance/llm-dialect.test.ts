// Runs the conformance suite of the model gateway for each of its dialects.
import type { JsonValue } from '../../common/json.ts';
import { describeLlmDialect } from './llm-dialect/describe-llm-dialect.ts';
import { startFakeAnthropic } from '../support/fake-llm/anthropic.ts';
import { startFakeGoogle } from '../support/fake-llm/google.ts';
import { startFakeOllama } from '../support/fake-llm/ollama.ts';
import { startFakeResponses } from '../support/fake-llm/openai-responses.ts';
import { startFakeOpenAi } from '../support/fake-llm/openai.ts';

const apiKey = 'test-key-0123456789';
const timeoutMs = 20_000;

interface OpenAiBody {
  messages: {
    role: string;
    content: string | null;
    tool_call_id?: string;
    tool_calls?: { function: { name: string } }[];
  }[];
  tools?: { function: { name: string } }[];
  tool_choice?: 'auto' | 'required' | 'none';
  max_tokens: number;
  temperature?: number;
}

describeLlmDialect({
  dialect: 'openai',
  startServer: () => startFakeOpenAi({ apiKey }),
  config: (url) => ({
    name: 'openai',
    dialect: 'openai',
    model: 'gpt-5.4-mini',
    apiKey,
    baseUrl: `${url}/v1`,
    timeoutMs,
  }),
  errorBody: (message) => ({ error: { message, type: 'some_error', param: null, code: null } }),
  usage: {
    inputTokens: 156,
    cacheReadTokens: 1024,
    cacheWriteTokens: null,
    outputTokens: 58,
    reasoningTokens: 32,
    costUsd: null,
  },
  raw: { text: 'stop', toolCall: 'tool_calls', length: 'length' },
  sent(body: JsonValue) {
    const request = body as unknown as OpenAiBody;
    return {
      system: request.messages.find(({ role }) => role === 'system')?.content ?? '',
      toolNames: (request.tools ?? []).map((tool) => tool.function.name),
      toolChoice: request.tool_choice ?? 'not sent',
      maxOutputTokens: request.max_tokens,
      temperature: request.temperature ?? 'not sent',
      turns: request.messages.flatMap(({ role, content, tool_call_id, tool_calls }) => {
        if (role === 'system') return [];
        if (role === 'tool') return [`result:${tool_call_id}:${content}`];
        const calls = (tool_calls ?? []).map((call) => `call:${call.function.name}`);
        return [...(content === null ? [] : [content]), ...calls];
      }),
    };
  },
  exempt: {},
});

interface ResponsesBody {
  input: {
    type?: string;
    role?: string;
    content?: string;
    call_id?: string;
    name?: string;
    output?: string;
  }[];
  tools?: { name: string }[];
  tool_choice?: 'auto' | 'required' | 'none';
  max_output_tokens: number;
  temperature?: number;
}

describeLlmDialect({
  dialect: 'openai-responses',
  startServer: () => startFakeResponses({ apiKey }),
  config: (url) => ({
    name: 'openai-responses',
    dialect: 'openai-responses',
    model: 'gpt-5.4-mini',
    apiKey,
    baseUrl: `${url}/v1`,
    timeoutMs,
  }),
  errorBody: (message) => ({ error: { message, type: 'some_error', param: null, code: null } }),
  usage: {
    inputTokens: 156,
    cacheReadTokens: 1024,
    cacheWriteTokens: null,
    outputTokens: 58,
    reasoningTokens: 32,
    costUsd: null,
  },
  raw: { text: 'completed', toolCall: 'completed', length: 'max_output_tokens' },
  sent(body: JsonValue) {
    const request = body as unknown as ResponsesBody;
    return {
      system: request.input.find(({ role }) => role === 'system')?.content ?? '',
      toolNames: (request.tools ?? []).map((tool) => tool.name),
      toolChoice: request.tool_choice ?? 'not sent',
      maxOutputTokens: request.max_output_tokens,
      temperature: request.temperature ?? 'not sent',
      turns: request.input.flatMap(({ type, role, content, call_id, name, output }) => {
        if (type === 'function_call') return [`call:${name}`];
        if (type === 'function_call_output') return [`result:${call_id}:${output}`];
        return role === 'system' || content === undefined ? [] : [content];
      }),
    };
  },
  exempt: { 'stop-words': 'the API has none: the answer is cut here' },
});

interface AnthropicBody {
  system?: string;
  messages: {
    content: (
      | { type: 'text'; text: string }
      | { type: 'tool_use'; name: string }
      | { type: 'tool_result'; tool_use_id: string; content: string }
    )[];
  }[];
  tools?: { name: string }[];
  tool_choice?: { type: 'auto' | 'any' | 'none' };
  max_tokens: number;
}

describeLlmDialect({
  dialect: 'anthropic',
  startServer: () => startFakeAnthropic({ apiKey }),
  config: (url) => ({
    name: 'anthropic',
    dialect: 'anthropic',
    model: 'claude-sonnet-5',
    apiKey,
    baseUrl: url,
    timeoutMs,
  }),
  errorBody: (message) => ({ type: 'error', error: { type: 'some_error', message } }),
  usage: {
    inputTokens: 156,
    cacheReadTokens: 824,
    cacheWriteTokens: 200,
    outputTokens: 58,
    reasoningTokens: 32,
    costUsd: null,
  },
  raw: { text: 'end_turn', toolCall: 'tool_use', length: 'max_tokens' },
  sent(body: JsonValue) {
    const request = body as unknown as AnthropicBody;
    const choice = request.tool_choice?.type;
    return {
      system: request.system ?? '',
      toolNames: (request.tools ?? []).map(({ name }) => name),
      toolChoice: choice === 'any' ? 'required' : (choice ?? 'not sent'),
      maxOutputTokens: request.max_tokens,
      temperature: 'not sent',
      turns: request.messages.flatMap(({ content }) =>
        content.map((block) => {
          if (block.type === 'text') return block.text;
          if (block.type === 'tool_use') return `call:${block.name}`;
          return `result:${block.tool_use_id}:${block.content}`;
        }),
      ),
    };
  },
  exempt: { temperature: 'the API no longer has it' },
});

interface GoogleBody {
  systemInstruction?: { parts: { text: string }[] };
  contents: {
    parts: {
      text?: string;
      functionCall?: { name: string };
      functionResponse?: { name: string; response: { output?: string; error?: string } };
    }[];
  }[];
  tools?: { functionDeclarations: { name: string }[] }[];
  toolConfig?: { functionCallingConfig: { mode: 'AUTO' | 'ANY' | 'NONE' } };
  generationConfig: { maxOutputTokens: number; temperature?: number };
}

describeLlmDialect({
  dialect: 'google',
  startServer: () => startFakeGoogle({ apiKey }),
  config: (url) => ({
    name: 'google',
    dialect: 'google',
    model: 'gemini-3.8-flash',
    apiKey,
    baseUrl: url,
    timeoutMs,
  }),
  errorBody: (message) => ({ error: { code: 0, message, status: 'SOME_ERROR' } }),
  usage: {
    inputTokens: 156,
    cacheReadTokens: 1024,
    cacheWriteTokens: null,
    outputTokens: 58,
    reasoningTokens: 32,
    costUsd: null,
  },
  raw: { text: 'STOP', toolCall: 'STOP', length: 'MAX_TOKENS' },
  sent(body: JsonValue) {
    const request = body as unknown as GoogleBody;
    const mode = request.toolConfig?.functionCallingConfig.mode;
    const choices = { AUTO: 'auto', ANY: 'required', NONE: 'none' } as const;
    return {
      system: request.systemInstruction?.parts.map(({ text }) => text).join('') ?? '',
      toolNames: (request.tools?.[0]?.functionDeclarations ?? []).map(({ name }) => name),
      toolChoice: mode === undefined ? 'not sent' : choices[mode],
      maxOutputTokens: request.generationConfig.maxOutputTokens,
      temperature: request.generationConfig.temperature ?? 'not sent',
      turns: request.contents.flatMap(({ parts }) =>
        parts.map(({ text, functionCall, functionResponse }) => {
          if (functionCall !== undefined) return `call:${functionCall.name}`;
          if (functionResponse === undefined) return text ?? '';
          const { output, error } = functionResponse.response;
          return `result:${functionResponse.name}:${output ?? error}`;
        }),
      ),
    };
  },
  exempt: {
    quota: 'it words a spent quota like any other rate limit',
    'bad-tool-arguments-text': 'it writes the call down in a form of its own',
  },
});

interface OllamaBody {
  messages: {
    role: string;
    content: string;
    tool_name?: string;
    tool_calls?: { function: { name: string } }[];
  }[];
  tools?: { function: { name: string } }[];
  options: { num_predict: number; temperature?: number };
}

describeLlmDialect({
  dialect: 'ollama',
  startServer: () =>
    startFakeOllama({ model: 'llama3.2:latest', contextLength: 131_072, capabilities: ['tools'] }),
  config: (url) => ({
    name: 'ollama',
    dialect: 'ollama',
    model: 'llama3.2:latest',
    apiKey: null,
    baseUrl: url,
    timeoutMs,
  }),
  errorBody: (error) => ({ error }),
  usage: {
    inputTokens: 156,
    cacheReadTokens: null,
    cacheWriteTokens: null,
    outputTokens: 58,
    reasoningTokens: null,
    costUsd: 0,
  },
  raw: { text: 'stop', toolCall: 'stop', length: 'length' },
  sent(body: JsonValue) {
    const request = body as unknown as OllamaBody;
    return {
      system: request.messages.find(({ role }) => role === 'system')?.content ?? '',
      toolNames: (request.tools ?? []).map((tool) => tool.function.name),
      toolChoice: 'not sent',
      maxOutputTokens: request.options.num_predict,
      temperature: request.options.temperature ?? 'not sent',
      turns: request.messages.flatMap(({ role, content, tool_name, tool_calls }) => {
        if (role === 'system') return [];
        if (role === 'tool') return [`result:${tool_name}:${content}`];
        const calls = (tool_calls ?? []).map((call) => `call:${call.function.name}`);
        return [...(content === '' ? [] : [content]), ...calls];
      }),
    };
  },
  exempt: {
    quota: 'a local server has no accounts',
    keys: 'a local server asks for none',
    refusal: 'the server has no word for it',
    'context-too-long': 'it cuts the prompt without a word, so the dialect refuses before it sends',
    'tool-choice-auto': 'the format has no field for it',
    'tool-choice-required': 'the format has no field for it',
    'tool-choice-none': 'the format has no field for it: the tools stay out',
  },
});
