import { z } from 'zod';
import { startFakeLlm } from './fake-llm-server.ts';
import type { FakeLlm, JournalEntry, Scripted } from './fake-llm-server.ts';

const id = z.string().regex(/^[a-zA-Z0-9_-]+$/);
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().regex(/\S/, 'must be non-empty') }),
  z.strictObject({
    type: z.literal('image'),
    source: z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/png', 'image/jpeg', 'image/gif', 'image/webp']),
      data: z.string(),
    }),
  }),
  z.strictObject({
    type: z.literal('thinking'),
    thinking: z.string(),
    signature: z.string().min(1),
  }),
  z.strictObject({ type: z.literal('redacted_thinking'), data: z.string().min(1) }),
  z.strictObject({
    type: z.literal('tool_use'),
    id,
    name: z.string(),
    input: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({
    type: z.literal('tool_result'),
    tool_use_id: id,
    content: z.string(),
    is_error: z.boolean().optional(),
  }),
]);
const body = z.strictObject({
  model: z.string(),
  max_tokens: z.int().min(1),
  system: z.string().min(1).optional(),
  messages: z
    .array(z.strictObject({ role: z.enum(['user', 'assistant']), content: z.array(block).min(1) }))
    .min(1),
  tools: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
        description: z.string(),
        input_schema: z.looseObject({ type: z.literal('object') }),
      }),
    )
    .min(1)
    .optional(),
  tool_choice: z.strictObject({ type: z.enum(['auto', 'any', 'none']) }).optional(),
  stream: z.literal(true).optional(),
  stop_sequences: z.array(z.string()).optional(),
  cache_control: z.strictObject({ type: z.literal('ephemeral') }).optional(),
  output_config: z
    .strictObject({
      format: z.strictObject({ type: z.literal('json_schema'), schema: z.looseObject({}) }),
    })
    .optional(),
});

/** Speaks the Messages API, and is as strict as the real server about what it takes. */
export function startFakeAnthropic(options: { readonly apiKey: string }): Promise<FakeLlm> {
  return startFakeLlm({
    aside: () => null,
    objection(request) {
      if (request.path !== '/v1/messages') return error(404, 'not_found_error', 'Not found');
      const { authorization, 'x-api-key': key, 'anthropic-version': version } = request.headers;
      if (authorization !== `Bearer ${options.apiKey}` && key !== options.apiKey) {
        return error(401, 'authentication_error', 'invalid x-api-key');
      }
      if (version !== '2026-10-21') {
        return error(400, 'invalid_request_error', 'anthropic-version: header is required');
      }
      return objectionTo(request);
    },
  });
}

function objectionTo(request: JournalEntry) {
  const parsed = body.safeParse(request.body);
  if (!parsed.success) return error(400, 'invalid_request_error', parsed.error.message);
  const { messages } = parsed.data;
  if (messages[0]?.role !== 'user') {
    return error(400, 'invalid_request_error', 'messages: first message must use the "user" role');
  }
  let open: readonly string[] = [];
  for (const { role, content } of messages) {
    const results = content.flatMap((part) =>
      part.type === 'tool_result' ? [part.tool_use_id] : [],
    );
    if (role === 'user' && JSON.stringify(results) !== JSON.stringify(open)) {
      const text = `tool_use ids [${open.join()}] need tool_result blocks right after, got [${results.join()}]`;
      return error(400, 'invalid_request_error', text);
    }
    open = content.flatMap((part) => (part.type === 'tool_use' ? [part.id] : []));
  }
  return open.length === 0
    ? null
    : error(400, 'invalid_request_error', 'tool_use without tool_result');
}

function error(status: number, type: string, text: string): Extract<Scripted, { kind: 'answer' }> {
  return { kind: 'answer', status, body: { type: 'error', error: { type, message: text } } };
}
