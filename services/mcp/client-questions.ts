import type { Client, ClientCapabilities, ElicitResult } from '@modelcontextprotocol/client';
import type { ToolAnswer } from '../../common/tool-question.ts';
import type { CallRecord } from './call-record.ts';
import { currentCall } from './call-record.ts';
import { readQuestion } from './read-questions.ts';

/** Forms, and links that a person opens. */
export const ASKS_PEOPLE = { elicitation: { form: {}, url: {} } } satisfies ClientCapabilities;

/**
 * Answers what a server of the older era asks in the middle of a call. On a connection that calls
 * share (stdio, WebSocket) the server does not say which call it asks for: where several are under
 * way, nobody is asked.
 *
 * @param calls under way on the connection
 */
export function answerQuestions(client: Client, calls: () => readonly CallRecord[]): void {
  let asked = 0;
  client.setRequestHandler('elicitation/create', async ({ params }): Promise<ElicitResult> => {
    const underWay = calls();
    const call = currentCall.getStore() ?? (underWay.length === 1 ? underWay[0] : undefined);
    if (call?.ask === undefined || call.ask === null) return { action: 'cancel' };
    asked += 1;
    return toResult(await call.ask(readQuestion(`question-${asked}`, params)));
  });
}

export function toResult(answer: ToolAnswer): ElicitResult {
  if (answer.action !== 'accept') return answer;
  const { content } = answer;
  if (content === undefined) return { action: 'accept' };
  return { action: 'accept', content: content as NonNullable<ElicitResult['content']> };
}
