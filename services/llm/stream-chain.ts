import type { LlmAttempt } from '../../common/llm-routing.ts';
import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import { FAILURE } from '../../common/failures.ts';
import { isServiceError } from '../errors.ts';
import type { ChainCall, ChainDeps } from './attempt-chain.ts';
import { runChain } from './attempt-chain.ts';
import type { Ranking } from './router/rank-routes.ts';
import type { Route } from './router/route.ts';
import type { OpenStream } from './stream-from-route.ts';

/** What a provider can end in the middle that another one may do better. */
const LOST: readonly string[] = [FAILURE.llmUnavailable, FAILURE.llmTimeout, FAILURE.llmBadAnswer];

/**
 * A stream over the routes of a ranking. A route that fails before its first event is replaced unseen.
 * One that breaks later is replaced after a `restart`, which voids what came, as long as that was
 * only text: a tool call that has begun is never spliced, the caller decides.
 *
 * @throws ServiceError as `runChain` does, and that of a stream that broke and cannot begin anew; the
 *   reason of the call's signal where that was aborted.
 */
export async function* streamChain(
  deps: ChainDeps,
  call: Omit<ChainCall<OpenStream>, 'send' | 'endOf'>,
  send: ChainCall<OpenStream>['send'],
): AsyncGenerator<LlmStreamEvent> {
  let { ranking } = call;
  const before: LlmAttempt[] = [];
  const first = ranking.ranked[0]?.route;
  for (;;) {
    const end = await runChain<OpenStream>(deps, {
      ...call,
      ranking,
      ...(first && { first }),
      send,
      endOf: ({ ended }) => ended,
    });
    let callBegan = false;
    try {
      for await (const event of end.answer.events) {
        if (event.kind.startsWith('tool-call')) callBegan = true;
        if (event.kind !== 'finish') yield event;
        else {
          const routing = { ...end.routing, attempts: [...before, ...end.routing.attempts] };
          yield { kind: 'finish', response: { ...event.response, routing } };
        }
      }
      return;
    } catch (error) {
      const rest =
        isServiceError(error) && LOST.includes(error.type) ? after(ranking, end.route) : null;
      if (rest === null || callBegan || call.signal.aborted || !isServiceError(error)) throw error;
      deps.onSwitch(end.route, error.type);
      // It had been noted as served; it was not.
      const [served] = end.routing.attempts.slice(-1);
      before.push(...end.routing.attempts.slice(0, -1));
      if (served !== undefined) before.push({ ...served, outcome: error.type, why: error.message });
      yield { kind: 'restart', why: error.message };
      ranking = rest;
    }
  }
}

/** The routes behind one; `null` where there is none left. */
function after({ ranked, excluded }: Ranking, route: Route): Ranking | null {
  const rest = ranked.slice(ranked.findIndex((one) => one.route.id === route.id) + 1);
  return rest.length === 0 ? null : { ranked: rest, excluded };
}
