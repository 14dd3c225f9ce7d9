import { z } from 'zod';
import { conversationState, sendMessage } from '../../client/index.ts';
import { sendMessageSchema } from '../../client/conversations.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { conversationServerEvents } from '../conversation-server-events.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { runId, runStartedSchema } from '../schemas/run-schema.ts';
import { connectionFor } from '../tenant-of.ts';
import { lastEventId } from './run-events.ts';
import { runLinks } from './run-links.ts';

export function registerConversations(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/conversations/:id/messages',
    {
      schema: {
        tags: ['conversations'],
        summary: 'Say something in a conversation, which begins with its first message',
        description:
          'Each message is answered by a run of its own, whose id is that of the message, after those before it. ' +
          'With a `messageId`, the same message again is answered once; an id that another run or another text has is answered 409.',
        params: z.strictObject({ id: runId }),
        body: sendMessageSchema.omit({ conversationId: true }),
        response: { 202: runStartedSchema, ...errorAnswers(400, 409, 503) },
      },
    },
    async (request, reply) => {
      const connection = connectionFor(request, deps.connection);
      const message = { ...request.body, conversationId: request.params.id };
      const run = await sendMessage(connection, message);
      const links = runLinks(deps, connection, run);
      return reply
        .code(202)
        .header('location', links.self)
        .send({ runId: run.runId, workflowId: run.workflowId, links });
    },
  );
  api.get(
    '/v1/conversations/:id/events',
    {
      schema: {
        tags: ['conversations'],
        summary: 'Follow a conversation as server-sent events',
        description:
          'From the message that is being answered on: `message` when one is taken up, then the events of its run (see /v1/runs/{id}/events), each with its `runId`. It stays open for the next message. ' +
          'A client that reconnects with the last id in Last-Event-ID (or `offset`) misses and repeats nothing that is kept.',
        params: z.strictObject({ id: runId }),
        querystring: z.strictObject({ offset: z.string().max(600).optional() }),
        produces: ['text/event-stream'],
        response: {
          200: z.any().meta({ description: 'The events.' }),
          ...errorAnswers(404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const from = lastEventId(request.headers['last-event-id']) ?? request.query.offset;
      const connection = connectionFor(request, deps.connection);
      await conversationState(connection, id);
      return deps.eventStreams.answer(reply, (signal) =>
        conversationServerEvents(deps, connection, id, from, signal),
      );
    },
  );
}
