import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { newId } from '../new-id.ts';
import { createCallSignals } from '../openai/call-signals.ts';
import { openAiError } from '../openai/openai-error.ts';
import type { ResponseEvent } from '../openai/response-events.ts';
import { createResponseEvents } from '../openai/response-events.ts';
import { toResponseObject } from '../openai/response-object.ts';
import { fromResponsesBody, responsesBody } from '../openai/responses-request.ts';
import { BODY_LIMIT_BYTES, sendOpenAiError, sendStream } from '../openai/send-stream.ts';
import { tenantOf } from '../tenant-of.ts';

/** The model gateway in the form of OpenAI's Responses API, without its state. */
export function registerResponses(api: Api, deps: ResolvedApiDeps): void {
  const signalOf = createCallSignals(deps.closing);
  api.post(
    '/v1/responses',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      errorHandler: sendOpenAiError,
      schema: {
        tags: ['models'],
        summary: 'Ask a model, as OpenAI’s Responses API does',
        body: responsesBody,
      },
    },
    async (request, reply) => {
      const { tenantId } = tenantOf(request);
      const { body } = request;
      const asked = fromResponsesBody(body, tenantId);
      const call = { signal: signalOf(reply), tenantId, model: body.model };
      const createdAt = Math.floor(Date.now() / 1000);
      const head = { id: `resp_${newId()}`, createdAt, body };
      if (body.stream !== true) {
        return reply.send(toResponseObject(head, await deps.gateway.complete(asked, call)));
      }
      const toEvents = createResponseEvents(head);
      await sendStream(reply, deps.gateway.stream(asked, call), {
        framesOf: (event) => toEvents(event).map(frame),
        end: '',
        errorOf: (error) => {
          const { message, code, param } = openAiError(error).body.error;
          return frame({ type: 'error', code, message, param });
        },
      });
      return reply;
    },
  );
}

function frame(event: ResponseEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
