import { FAILURE } from '../../common/failures.ts';
import type { LlmPart, LlmResponse, LlmUsage } from '../../common/llm.ts';
import { ServiceError } from '../errors.ts';

type Unified = LlmResponse['finish']['unified'];

/**
 * Joins what a dialect read. Several servers say "stop" over tool calls, so the parts decide.
 *
 * @throws ServiceError (Llm.BadAnswer) for an answer with nothing in it.
 */
export function finishAnswer(answer: {
  readonly parts: readonly LlmPart[];
  readonly unified: Unified;
  readonly raw: string;
  readonly usage: Omit<LlmUsage, 'costUsd'>;
}): Omit<LlmResponse, 'servedBy'> {
  const { parts, raw } = answer;
  const calls = parts.some((part) => part.kind === 'tool-call');
  const unified = calls && answer.unified !== 'length' ? 'tool-calls' : answer.unified;
  const said = parts.some((part) => part.kind !== 'reasoning');
  if (!said && unified !== 'length' && unified !== 'refusal') {
    throw new ServiceError(
      FAILURE.llmBadAnswer,
      `The model answered with neither text nor a tool call (finish reason "${raw}").`,
    );
  }
  return { parts, finish: { unified, raw }, usage: { ...answer.usage, costUsd: null } };
}
