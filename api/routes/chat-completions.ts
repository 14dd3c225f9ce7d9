import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { createCallSignals } from '../openai/call-signals.ts';
import { createChunker, toChatCompletion } from '../openai/chat-answer.ts';
import { chatBody, fromChatBody } from '../openai/chat-request.ts';
import { openAiError } from '../openai/openai-error.ts';
import { BODY_LIMIT_BYTES, sendOpenAiError, sendStream } from '../openai/send-stream.ts';
import { newId } from '../new-id.ts';
import { tenantOf } from '../tenant-of.ts';

/** The model gateway in OpenAI's form, so that any of its clients can use it by the base URL. */
export function registerChatCompletions(api: Api, deps: ResolvedApiDeps): void {
  const signalOf = createCallSignals(deps.closing);
  api.post(
    '/v1/chat/completions',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      errorHandler: sendOpenAiError,
      schema: { tags: ['models'], summary: 'Ask a model, as OpenAI does', body: chatBody },
    },
    async (request, reply) => {
      const { tenantId } = tenantOf(request);
      const { model, stream, stream_options: options } = request.body;
      const asked = fromChatBody(request.body, tenantId);
      const call = { signal: signalOf(reply), tenantId, model };
      const head = { id: `chatcmpl-${newId()}`, created: Math.floor(Date.now() / 1000) };
      if (stream !== true) {
        return reply.send(toChatCompletion(head, await deps.gateway.complete(asked, call)));
      }
      const toChunks = createChunker(head, { includeUsage: options?.include_usage === true });
      await sendStream(reply, deps.gateway.stream(asked, call), {
        framesOf: (event) => toChunks(event).map(frame),
        end: 'data: [DONE]\n\n',
        errorOf: (error) => frame(openAiError(error).body),
      });
      return reply;
    },
  );
  api.get(
    '/v1/models',
    {
      errorHandler: sendOpenAiError,
      schema: { tags: ['models'], summary: 'Models, as OpenAI lists them' },
    },
    async (request, reply) => {
      const routes = await deps.providers.list(tenantOf(request).tenantId);
      const data = routes.map(({ id, provider }) => {
        return { id, object: 'model', created: 0, owned_by: provider };
      });
      return reply.send({ object: 'list', data });
    },
  );
}

function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
