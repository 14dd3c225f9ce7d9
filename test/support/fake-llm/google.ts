import { z } from 'zod';
import { startFakeLlm } from './fake-llm-server.ts';
import type { FakeLlm, JournalEntry, Scripted } from './fake-llm-server.ts';

const part = z.union([
  z.strictObject({ text: z.string().min(1) }),
  z.strictObject({
    inlineData: z.strictObject({ mimeType: z.string(), data: z.string() }),
  }),
  z.strictObject({
    functionCall: z.strictObject({
      id: z.string(),
      name: z.string(),
      args: z.record(z.string(), z.unknown()),
    }),
    thoughtSignature: z.string().optional(),
  }),
  z.strictObject({
    functionResponse: z.strictObject({
      id: z.string(),
      name: z.string(),
      response: z.union([
        z.strictObject({ output: z.string() }),
        z.strictObject({ error: z.string() }),
      ]),
    }),
  }),
]);
const body = z.strictObject({
  serviceTier: z.enum(['standard', 'flex']).optional(),
  contents: z
    .array(z.strictObject({ role: z.enum(['user', 'model']), parts: z.array(part).min(1) }))
    .min(1),
  systemInstruction: z
    .strictObject({
      role: z.string().optional(),
      parts: z.array(z.strictObject({ text: z.string() })),
    })
    .optional(),
  tools: z
    .array(
      z.strictObject({
        functionDeclarations: z.array(
          z.strictObject({
            name: z.string().regex(/^[a-zA-Z_][\w.:-]{0,127}$/),
            description: z.string(),
            parametersJsonSchema: z.looseObject({ type: z.literal('object') }),
          }),
        ),
      }),
    )
    .optional(),
  toolConfig: z
    .strictObject({
      functionCallingConfig: z.strictObject({ mode: z.enum(['AUTO', 'ANY', 'NONE']) }),
    })
    .optional(),
  generationConfig: z
    .strictObject({
      maxOutputTokens: z.int().min(1).optional(),
      temperature: z.number().min(0).max(2).optional(),
      stopSequences: z.array(z.string()).optional(),
      responseMimeType: z.literal('application/json').optional(),
      responseJsonSchema: z.looseObject({}).optional(),
    })
    .optional(),
});

const texts = z.strictObject({
  requests: z
    .array(
      z.strictObject({
        model: z.string().startsWith('models/'),
        content: z.strictObject({ parts: z.array(z.strictObject({ text: z.string() })) }),
        outputDimensionality: z.int().min(1).optional(),
      }),
    )
    .min(1)
    .max(100),
});

/** Speaks `generateContent` and `batchEmbedContents`, and is as strict as the real server about what it takes. */
export function startFakeGoogle(options: { readonly apiKey: string }): Promise<FakeLlm> {
  return startFakeLlm({
    aside: () => null,
    objection(request) {
      if (
        !/^\/v1(beta)?\/models\/[\w.-]+:(generateContent|batchEmbedContents|streamGenerateContent\?alt=sse)$/.test(
          request.path,
        )
      ) {
        return error(404, 'NOT_FOUND', 'Requested entity was not found.');
      }
      if (request.headers['x-goog-api-key'] !== options.apiKey) {
        return error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.');
      }
      if (request.path.endsWith(':batchEmbedContents')) {
        const parsed = texts.safeParse(request.body);
        return parsed.success ? null : error(400, 'INVALID_ARGUMENT', parsed.error.message);
      }
      return objectionTo(request);
    },
  });
}

function objectionTo(request: JournalEntry) {
  const parsed = body.safeParse(request.body);
  if (!parsed.success) return error(400, 'INVALID_ARGUMENT', parsed.error.message);
  let open = 0;
  for (const { role, parts } of parsed.data.contents) {
    const calls = parts.flatMap((each) => ('functionCall' in each ? [each] : []));
    const results = parts.filter((each) => 'functionResponse' in each).length;
    if (role === 'user' && results !== open) {
      const text = 'The number of function response parts must equal that of function call parts.';
      return error(400, 'INVALID_ARGUMENT', text);
    }
    if (calls[0] !== undefined && calls[0].thoughtSignature === undefined) {
      return error(400, 'INVALID_ARGUMENT', 'Function call is missing a thought_signature.');
    }
    open = calls.length;
  }
  return open === 0 ? null : error(400, 'INVALID_ARGUMENT', 'Function calls without responses.');
}

function error(
  code: number,
  status: string,
  message: string,
): Extract<Scripted, { kind: 'answer' }> {
  return { kind: 'answer', status: code, body: { error: { code, message, status } } };
}
