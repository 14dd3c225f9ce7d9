import type { FastifyReply } from 'fastify';
import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import { openAiError } from './openai-error.ts';

/** Images travel inside the request. */
export const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/**
 * Each event leaves with the tick that brought it: nothing is gathered and no timer stands between.
 * Headers are sent with the first event, so that what fails before it has its status.
 */
export async function sendStream(
  reply: FastifyReply,
  events: AsyncIterable<LlmStreamEvent>,
  options: {
    readonly framesOf: (event: LlmStreamEvent) => readonly string[];
    /** What stands after the last frame. */
    readonly end: string;
    readonly errorOf: (error: unknown) => string;
  },
): Promise<void> {
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
        // These formats cannot take words back.
        throw new Error(`The answer began anew on another route: ${event.why}`);
      }
      const frames = options.framesOf(event);
      if (frames.length === 0) continue;
      begin();
      if (!raw.write(frames.join(''))) await drained(reply);
    }
    begin();
    raw.end(options.end);
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

/** Answers an error as OpenAI's clients read it. */
export function sendOpenAiError(error: unknown, _request: unknown, reply: FastifyReply): void {
  const { status, retryAfterS, body } = openAiError(error);
  if (retryAfterS !== null) reply.header('retry-after', String(retryAfterS));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  void reply.code(status).send(body);
}
