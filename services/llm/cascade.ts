import { addUsage } from '../../common/add-usage.ts';
import { FAILURE } from '../../common/failures.ts';
import type { LlmRequest, LlmResponse } from '../../common/llm.ts';
import { ServiceError } from '../errors.ts';
import type { ChainCall, ChainEnd } from './attempt-chain.ts';
import type { AnswerCheck } from './check-answer.ts';

/** An answer that came, was paid for and is not valid. */
export class RejectedAnswer extends ServiceError {
  readonly answer: LlmResponse;

  constructor(answer: LlmResponse, problem: string) {
    super(FAILURE.llmBadAnswer, `It answered, and the answer is not valid: ${problem}`);
    this.answer = answer;
  }
}

/**
 * Cheap first: an answer that is not valid goes to the next, dearer route, within the call's one budget
 * of attempts. The last route's answer is taken as it is, and so is the last that came where no route
 * behind it answers: whoever asked can still repair it. What all of them used is in the usage.
 *
 * @throws ServiceError as `run` does, where no route answered at all.
 */
export async function cascade(options: {
  readonly request: LlmRequest;
  readonly call: Pick<ChainCall<LlmResponse>, 'ranking' | 'preset' | 'signal'>;
  readonly check: AnswerCheck;
  readonly send: ChainCall<LlmResponse>['send'];
  readonly run: (send: ChainCall<LlmResponse>['send']) => Promise<ChainEnd<LlmResponse>>;
}): Promise<LlmResponse> {
  const { request, call, check } = options;
  const last = call.ranking.ranked.at(-1)?.route.id;
  const rejected: RejectedAnswer[] = [];
  const spent = (answer: LlmResponse): LlmResponse['usage'] =>
    rejected
      .filter((one) => one.answer !== answer)
      .reduce((sum, one) => addUsage(sum, one.answer.usage), answer.usage);
  try {
    const { answer, routing } = await options.run(async (route, credential) => {
      const came = await options.send(route, credential);
      const problem = route.id === last ? null : await check(request, came);
      if (problem === null) return came;
      const refusal = new RejectedAnswer(came, problem);
      rejected.push(refusal);
      throw refusal;
    });
    return { ...answer, usage: spent(answer), routing };
  } catch (error) {
    const latest = rejected.at(-1);
    if (latest === undefined || call.signal.aborted) throw error;
    const { answer } = latest;
    const { provider, model } = answer.servedBy;
    const attempt = {
      route: `${provider}/${model}`,
      outcome: 'ok' as const,
      why: `${latest.message} It is taken all the same: ${(error as Error).message}`,
      durationMs: 0,
    };
    const routing = {
      preset: call.preset,
      attempts: [attempt],
      excluded: [],
      degraded: ['an answer that is not valid: no better model answered'],
    };
    return { ...answer, usage: spent(answer), routing };
  }
}
