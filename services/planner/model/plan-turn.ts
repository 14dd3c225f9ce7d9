import { addUsage, NO_USAGE } from '../../../common/add-usage.ts';
import { FAILURE } from '../../../common/failures.ts';
import type { LlmRouting } from '../../../common/llm-routing.ts';
import type { LlmMessage, LlmResponse, LlmUsage } from '../../../common/llm.ts';
import { ServiceError } from '../../errors.ts';
import type { CallReply, ToolCall, TurnEnd } from './reply-to-call.ts';
import { MAX_READS, MAX_SEARCHES } from './reply-to-call.ts';

export interface PlanTurn {
  readonly end: TurnEnd;
  /** What the model and the planner said to each other, to be appended to the transcript. */
  readonly messages: readonly LlmMessage[];
  /** Sum over the calls of the turn. */
  readonly usage: LlmUsage;
  /** By whom the last call was served. */
  readonly servedBy: LlmResponse['servedBy'];
  /** How each call found its model. */
  readonly routing: readonly LlmRouting[];
}

export interface PlanTurnDeps {
  /** Asks the model, with what this turn has said so far. */
  ask(said: readonly LlmMessage[]): Promise<LlmResponse>;
  reply(call: ToolCall): Promise<CallReply>;
}

/** Searches, readings, one repair, and room for a few mistakes. */
const MAX_CALLS = MAX_SEARCHES + MAX_READS + 4;

/**
 * One turn: asks the model until it plans, answers or asks back, in a bounded number of calls.
 *
 * @throws ServiceError `Llm.BadAnswer` where the model says nothing usable; and what `ask` and
 *   `reply` throw.
 */
export async function planTurn({ ask, reply }: PlanTurnDeps): Promise<PlanTurn> {
  const messages: LlmMessage[] = [];
  const routing: LlmRouting[] = [];
  let usage = NO_USAGE;
  for (let calls = 0; calls < MAX_CALLS; calls += 1) {
    const response = await ask(messages);
    const { servedBy } = response;
    usage = addUsage(usage, response.usage);
    if (response.routing !== undefined) routing.push(response.routing);
    const { end, kept, told } = await settle(response, reply);
    messages.push({ from: 'model', parts: kept }, ...told);
    if (end !== null) return { end, messages, usage, servedBy, routing };
  }
  throw new ServiceError(
    FAILURE.llmBadAnswer,
    `The model was called ${MAX_CALLS} times in one turn and neither planned nor answered. Try another model or a clearer goal.`,
  );
}

/**
 * Answers a message's calls in order, up to the one that decides. Calls after it are left out of
 * the transcript: each would need a result, and the plan's own comes only with the next turn.
 */
async function settle(
  response: LlmResponse,
  reply: PlanTurnDeps['reply'],
): Promise<{
  readonly end: TurnEnd | null;
  readonly kept: LlmResponse['parts'];
  readonly told: readonly LlmMessage[];
}> {
  const { parts } = response;
  const told: LlmMessage[] = [];
  for (const [at, part] of parts.entries()) {
    if (part.kind !== 'tool-call') continue;
    const { told: text, isError, end } = await reply(part);
    const { callId, name } = part;
    if (text !== null) told.push({ from: 'tool', callId, name, text, isError });
    if (end !== null) return { end, kept: parts.slice(0, at + 1), told };
  }
  const isSpoken = parts.every(({ kind }) => kind !== 'tool-call');
  return { end: isSpoken ? spokenEnd(response) : null, kept: parts, told };
}

/** A message without tool calls is the answer, unless it was cut off, refused or is empty. */
function spokenEnd({ parts, finish }: LlmResponse): TurnEnd {
  const text = parts
    .map((part) => (part.kind === 'text' ? part.text : ''))
    .join('')
    .trim();
  if (finish.unified === 'refusal') {
    return { kind: 'gave-up', reason: `The model refused: ${text || finish.raw}` };
  }
  if (text !== '' && finish.unified !== 'length') return { kind: 'answer', answer: text };
  const what = text === '' ? 'an empty message' : 'a message that was cut off';
  throw new ServiceError(
    FAILURE.llmBadAnswer,
    `The model sent ${what} (finish reason "${finish.raw}"). Try again, or another model.`,
  );
}
