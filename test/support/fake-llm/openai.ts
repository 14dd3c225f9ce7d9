import { z } from 'zod';
import type { JsonValue } from '../../../common/json.ts';
import { startFakeLlm } from './fake-llm-server.ts';
import type { FakeLlm, JournalEntry, Scripted } from './fake-llm-server.ts';

const call = z.strictObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: z.string() }),
  z.strictObject({
    role: z.literal('user'),
    content: z.union([
      z.string(),
      z.array(
        z.union([
          z.strictObject({ type: z.literal('text'), text: z.string() }),
          z.strictObject({
            type: z.literal('image_url'),
            image_url: z.strictObject({ url: z.string().startsWith('data:image/') }),
          }),
        ]),
      ),
    ]),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.string().nullable(),
    tool_calls: z.array(call).min(1).optional(),
  }),
  z.strictObject({ role: z.literal('tool'), tool_call_id: z.string(), content: z.string() }),
]);
const body = z.strictObject({
  model: z.string(),
  messages: z.array(message).min(1),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  reasoning_effort: z.enum(['none', 'low', 'medium', 'high']).optional(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal('function'),
        function: z.strictObject({
          name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
          description: z.string(),
          parameters: z.looseObject({ type: z.literal('object'), properties: z.looseObject({}) }),
        }),
      }),
    )
    .min(1)
    .optional(),
  tool_choice: z.enum(['auto', 'required', 'none']).optional(),
  stream: z.literal(true).optional(),
  stream_options: z.strictObject({ include_usage: z.literal(true) }).optional(),
  stop: z.array(z.string()).max(4).optional(),
  prompt_cache_key: z.string().optional(),
  service_tier: z.enum(['auto', 'default', 'flex']).optional(),
  response_format: z
    .strictObject({
      type: z.literal('json_schema'),
      json_schema: z.strictObject({ name: z.string(), schema: z.looseObject({}) }),
    })
    .optional(),
});

/** What `/v1/embeddings` takes. */
const embeddingBody = z.strictObject({
  model: z.string(),
  input: z.array(z.string().min(1)).min(1).max(2048),
  encoding_format: z.literal('float'),
  dimensions: z.int().min(1).optional(),
});

/** Speaks Chat Completions and embeddings, and is as strict as the real server about what it takes. */
export function startFakeOpenAi(options: { readonly apiKey: string | null }): Promise<FakeLlm> {
  return startFakeLlm({
    aside: () => null,
    objection(request) {
      const embeds = request.path === '/v1/embeddings';
      if (!embeds && request.path !== '/v1/chat/completions') {
        return error(404, 'Invalid URL', null);
      }
      const expected = options.apiKey === null ? undefined : `Bearer ${options.apiKey}`;
      if (request.headers.authorization !== expected) {
        return error(401, 'Incorrect API key provided.', 'invalid_api_key');
      }
      return embeds ? objectionToTexts(request) : objectionTo(request);
    },
    streamed: asStream,
  });
}

const completion = z.looseObject({
  choices: z.array(
    z.looseObject({
      finish_reason: z.string(),
      message: z.looseObject({
        content: z.string().nullish(),
        tool_calls: z.array(call).optional(),
      }),
    }),
  ),
  usage: z.looseObject({}).optional(),
});

/** The chunks that make up a whole answer. */
function asStream(whole: JsonValue): string {
  const { choices, usage, ...head } = completion.parse(whole);
  const [choice] = choices;
  const chunk = { ...head, object: 'chat.completion.chunk' };
  const deltas = [
    { role: 'assistant', content: '' },
    ...(choice?.message.content?.match(/.{1,12}/gs) ?? []).map((content) => ({ content })),
    ...(choice?.message.tool_calls ?? []).map((tool, index) => ({
      tool_calls: [{ index, ...tool }],
    })),
  ];
  const frames = [
    ...deltas.map((delta) => ({ ...chunk, choices: [{ index: 0, delta, finish_reason: null }] })),
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: choice?.finish_reason }] },
    { ...chunk, choices: [], usage },
  ];
  return [...frames.map((frame) => JSON.stringify(frame)), '[DONE]']
    .map((data) => `data: ${data}\n\n`)
    .join('');
}

export function objectionToTexts(request: JournalEntry) {
  const parsed = embeddingBody.safeParse(request.body);
  return parsed.success ? null : error(400, `Invalid request: ${parsed.error.message}`, null);
}

function objectionTo(request: JournalEntry) {
  const parsed = body.safeParse(request.body);
  if (!parsed.success) return error(400, `Invalid request: ${parsed.error.message}`, null);
  if (parsed.data.tool_choice !== undefined && parsed.data.tools === undefined) {
    return error(400, "'tool_choice' is only allowed when 'tools' are specified.", null);
  }
  let open = new Set<string>();
  for (const next of parsed.data.messages) {
    if (next.role === 'tool') {
      if (!open.delete(next.tool_call_id)) {
        return error(400, `No tool call ${next.tool_call_id} before its result.`, null);
      }
      continue;
    }
    if (open.size > 0) return missingResults(open);
    open = new Set(next.role === 'assistant' ? next.tool_calls?.map(({ id }) => id) : []);
  }
  return open.size > 0 ? missingResults(open) : null;
}

function missingResults(open: ReadonlySet<string>) {
  return error(400, `Tool calls without a result: ${[...open].join(', ')}`, null);
}

function error(
  status: number,
  text: string,
  code: string | null,
): Extract<Scripted, { kind: 'answer' }> {
  const details = { message: text, type: 'invalid_request_error', param: null, code };
  return { kind: 'answer', status, body: { error: details } };
}
