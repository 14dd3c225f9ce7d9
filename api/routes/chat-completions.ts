import type { FastifyReply } from 'fastify';
import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { createCallSignals } from '../openai/call-signals.ts';
import { createChunker, toChatCompletion } from '../openai/chat-answer.ts';
import type { ChatHead } from '../openai/chat-answer.ts';
import { chatBody, fromChatBody } from '../openai/chat-request.ts';
import { openAiError } from '../openai/openai-error.ts';
import { newId } from '../new-id.ts';
import { tenantOf } from '../tenant-of.ts';

/** Images travel inside the request. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** The model gateway in OpenAI's form, so that any of its clients can use it by the base URL. */
export function registerChatCompletions(api: Api, deps: ResolvedApiDeps): void {
  const signalOf = createCallSignals(deps.closing);
  const errorHandler = (error: unknown, _request: unknown, reply: FastifyReply): void =>
    sendOpenAiError(error, reply);
  api.post(
    '/v1/chat/completions',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      errorHandler,
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
      const includeUsage = options?.include_usage === true;
      const events = deps.gateway.stream(asked, call);
      await sendStream(reply, events, { head, includeUsage, errorOf: errorFrame });
      return reply;
    },
  );
  api.get(
    '/v1/models',
    { errorHandler, schema: { tags: ['models'], summary: 'Models, as OpenAI lists them' } },
    async (request, reply) => {
      const routes = await deps.providers.list(tenantOf(request).tenantId);
      const data = routes.map(({ id, provider }) => {
        return { id, object: 'model', created: 0, owned_by: provider };
      });
      return reply.send({ object: 'list', data });
    },
  );
}

/**
 * Each event leaves with the tick that brought it: nothing is gathered and no timer stands between.
 * Headers are sent with the first event, so that what fails before it has its status.
 */
async function sendStream(
  reply: FastifyReply,
  events: AsyncIterable<LlmStreamEvent>,
  options: {
    readonly head: ChatHead;
    readonly includeUsage: boolean;
    readonly errorOf: (error: unknown) => string;
  },
): Promise<void> {
  const toChunks = createChunker(options.head, options);
  const { raw } = reply;
  const begin = (): void => {
    if (raw.headersSent) return;
    reply.hijack();
    raw.socket?.setNoDelay(true);
    const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream; charset=utf-8' };
    raw.writeHead(200, headers as Record<string, string>);
  };
  try {
    for await (const event of events) {
      if (event.kind === 'restart' && raw.headersSent) {
        // This format cannot take words back.
        throw new Error(`The answer began anew on another route: ${event.why}`);
      }
      for (const chunk of toChunks(event)) {
        begin();
        if (!raw.write(`data: ${JSON.stringify(chunk)}\n\n`)) await drained(reply);
      }
    }
    begin();
    raw.end('data: [DONE]\n\n');
  } catch (error) {
    if (!raw.headersSent) throw error;
    raw.end(options.errorOf(error));
  }
}

/** A slow reader holds the provider back; one that is gone ends it through the signal. */
function drained({ raw }: FastifyReply): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      raw.off('drain', go);
      raw.off('close', go);
      resolve();
    };
    raw.once('drain', go);
    raw.once('close', go);
    if (raw.destroyed) go();
  });
}

function errorFrame(error: unknown): string {
  return `data: ${JSON.stringify(openAiError(error).body)}\n\n`;
}

function sendOpenAiError(error: unknown, reply: FastifyReply): void {
  const { status, retryAfterS, body } = openAiError(error);
  if (retryAfterS !== null) reply.header('retry-after', String(retryAfterS));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  void reply.code(status).send(body);
}
