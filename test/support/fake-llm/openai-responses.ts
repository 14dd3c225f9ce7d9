import { z } from 'zod';
import { startFakeLlm } from './fake-llm-server.ts';
import type { FakeLlm, JournalEntry, Scripted } from './fake-llm-server.ts';
import { objectionToTexts } from './openai.ts';

const inputContent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('input_text'), text: z.string() }),
  z.strictObject({
    type: z.literal('input_image'),
    image_url: z.string().startsWith('data:image/'),
    detail: z.enum(['low', 'high', 'auto']),
  }),
]);
const spoken = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(inputContent).min(1)]),
});
const item = z.union([
  spoken,
  z.strictObject({
    type: z.literal('function_call'),
    call_id: z.string().min(1).max(64),
    name: z.string(),
    arguments: z.string(),
  }),
  z.strictObject({
    type: z.literal('function_call_output'),
    call_id: z.string().min(1).max(64),
    output: z.string(),
  }),
  z.strictObject({
    type: z.literal('reasoning'),
    id: z.string().min(1),
    summary: z.array(z.looseObject({ type: z.literal('summary_text'), text: z.string() })),
    encrypted_content: z.string().min(1),
  }),
]);
const body = z.strictObject({
  model: z.string(),
  input: z.array(item).min(1),
  max_output_tokens: z.int().min(16),
  store: z.literal(false),
  include: z.array(z.literal('reasoning.encrypted_content')).optional(),
  temperature: z.number().min(0).max(2).optional(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal('function'),
        name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
        description: z.string(),
        parameters: z.looseObject({ type: z.literal('object'), properties: z.looseObject({}) }),
        strict: z.literal(false),
      }),
    )
    .min(1)
    .optional(),
  tool_choice: z.enum(['auto', 'required', 'none']).optional(),
  text: z
    .strictObject({
      format: z.strictObject({
        type: z.literal('json_schema'),
        name: z.string(),
        schema: z.looseObject({}),
      }),
    })
    .optional(),
  prompt_cache_key: z.string().optional(),
  service_tier: z.enum(['auto', 'default', 'flex']).optional(),
  stream: z.literal(true).optional(),
});

/** Speaks the Responses API, and is as strict as the real server about what it takes. */
export function startFakeResponses(options: { readonly apiKey: string }): Promise<FakeLlm> {
  return startFakeLlm({
    aside: () => null,
    objection(request) {
      const embeds = request.path === '/v1/embeddings';
      if (!embeds && request.path !== '/v1/responses') return error(404, 'Invalid URL', null);
      if (request.headers.authorization !== `Bearer ${options.apiKey}`) {
        return error(401, 'Incorrect API key provided.', 'invalid_api_key');
      }
      return embeds ? objectionToTexts(request) : objectionTo(request);
    },
  });
}

function objectionTo(request: JournalEntry) {
  const parsed = body.safeParse(request.body);
  if (!parsed.success) return error(400, `Invalid request: ${parsed.error.message}`, null);
  const open = new Set<string>();
  let thought: string | null = null;
  for (const next of parsed.data.input) {
    const type = 'type' in next ? next.type : 'message';
    if (type === 'reasoning' && 'id' in next) {
      thought = next.id;
      continue;
    }
    const said = type === 'function_call' || ('role' in next && next.role === 'assistant');
    if (thought !== null && !said) return withoutFollower(thought);
    thought = null;
    if (!('call_id' in next)) continue;
    if (type === 'function_call') open.add(next.call_id);
    else if (!open.delete(next.call_id)) {
      return error(400, `No tool call found for function call output ${next.call_id}.`, null);
    }
  }
  if (thought !== null) return withoutFollower(thought);
  const [first] = open;
  if (first === undefined) return null;
  return error(400, `No tool output found for function call ${first}.`, null);
}

function withoutFollower(id: string) {
  const text = `Item '${id}' of type 'reasoning' was provided without its required following item.`;
  return error(400, text, null);
}

function error(
  status: number,
  text: string,
  code: string | null,
): Extract<Scripted, { kind: 'answer' }> {
  const details = { message: text, type: 'invalid_request_error', param: null, code };
  return { kind: 'answer', status, body: { error: details } };
}
