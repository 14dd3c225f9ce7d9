import { z } from 'zod';
import { sendMessage } from '../../client/index.ts';
import { sendMessageSchema } from '../../client/conversations.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { runId, runStartedSchema } from '../schemas/run-schema.ts';
import { connectionFor } from '../tenant-of.ts';
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
          'With a `messageId`, the same message again is answered once.',
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
}
