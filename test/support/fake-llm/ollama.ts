import { z } from 'zod';
import { startFakeLlm } from './fake-llm-server.ts';
import type { FakeLlm } from './fake-llm-server.ts';

const call = z.strictObject({
  function: z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
});
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: z.string() }),
  z.strictObject({
    role: z.literal('user'),
    content: z.string(),
    images: z.array(z.string()).min(1).optional(),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.string(),
    tool_calls: z.array(call).min(1).optional(),
  }),
  z.strictObject({ role: z.literal('tool'), content: z.string(), tool_name: z.string() }),
]);
const texts = z.strictObject({
  model: z.string(),
  input: z.array(z.string()).min(1),
  truncate: z.literal(false),
  dimensions: z.int().min(1).optional(),
});
const body = z.strictObject({
  model: z.string(),
  stream: z.boolean(),
  format: z.looseObject({}).optional(),
  messages: z.array(message).min(1),
  tools: z
    .array(
      z.strictObject({
        type: z.literal('function'),
        function: z.strictObject({
          name: z.string(),
          description: z.string(),
          parameters: z.looseObject({ type: z.literal('object') }),
        }),
      }),
    )
    .min(1)
    .optional(),
  options: z.strictObject({
    num_ctx: z.int().min(1),
    num_predict: z.int(),
    temperature: z.number().optional(),
    stop: z.array(z.string()).optional(),
  }),
});

/** Speaks Ollama's own API, and holds one model. */
export function startFakeOllama(options: {
  readonly model: string;
  readonly contextLength: number;
  readonly capabilities: readonly string[];
}): Promise<FakeLlm> {
  return startFakeLlm({
    aside({ path }) {
      if (path === '/api/tags') return { models: [{ name: options.model, model: options.model }] };
      if (path !== '/api/show') return null;
      return {
        details: { family: 'llama', format: 'gguf' },
        model_info: {
          'general.architecture': 'llama',
          'llama.context_length': options.contextLength,
        },
        capabilities: options.capabilities,
      };
    },
    objection(request) {
      const embeds = request.path === '/api/embed';
      if (!embeds && request.path !== '/api/chat')
        return { kind: 'answer', status: 404, body: '404 not found' };
      const parsed = (embeds ? texts : body).safeParse(request.body);
      if (parsed.success) return null;
      return { kind: 'answer', status: 400, body: { error: parsed.error.message } };
    },
  });
}
