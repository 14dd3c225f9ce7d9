import type { LlmAttempt, LlmRouting } from '../../common/llm-routing.ts';
import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import { FAILURE } from '../../common/failures.ts';
import { addUsage } from '../../common/add-usage.ts';
import type { LlmRequest, LlmUsage } from '../../common/llm.ts';
import type { ServiceError } from '../errors.ts';
import { isServiceError } from '../errors.ts';
import type { ChainCall, ChainDeps, ChainEnd } from './attempt-chain.ts';
import { runChain } from './attempt-chain.ts';
import { BadToolArgs, withRepair } from './bad-tool-args.ts';
import { canContinue, continued, withBeginning } from './continue-text.ts';
import type { Credential } from './credentials.ts';
import { NO_USAGE } from './no-usage.ts';
import type { Ranking } from './router/rank-routes.ts';
import type { Route } from './router/route.ts';
import type { OpenStream } from './stream-from-route.ts';

/** What a provider can end in the middle that another one may do better. */
const LOST: readonly string[] = [FAILURE.llmUnavailable, FAILURE.llmTimeout, FAILURE.llmBadAnswer];

/** What came of an answer that broke. */
interface Broken {
  readonly why: string;
  /** All of it was text. */
  readonly text: string;
  /** The next route may be given that text to go on with. */
  readonly mayContinue: boolean;
}

/**
 * A stream over the routes of a ranking. A route that fails before its first event is replaced unseen.
 * Where only text came, another route goes on with it if it can, and begins anew after a `restart`,
 * which voids what came, if it cannot. A tool call that has begun is never spliced, the caller
 * decides; one whose arguments are no JSON is asked for once more, after a `restart`.
 *
 * @param send gets the request that this attempt is to send.
 * @throws ServiceError as `runChain` does, and that of a stream that broke and cannot begin anew; the
 *   reason of the call's signal where that was aborted.
 */
export async function* streamChain(
  deps: ChainDeps,
  call: Omit<ChainCall<OpenStream>, 'send' | 'endOf'>,
  request: LlmRequest,
  send: (route: Route, credential: Credential, request: LlmRequest) => Promise<OpenStream>,
): AsyncGenerator<LlmStreamEvent> {
  let { ranking } = call;
  let asked = request;
  let broken = null as Broken | null;
  // Of an answer that was asked for again: it was paid for as well.
  let spent = null as LlmUsage | null;
  const before: LlmAttempt[] = [];
  const first = ranking.ranked[0]?.route;
  for (;;) {
    const text = broken?.text ?? '';
    const mayContinue = broken?.mayContinue ?? false;
    const goesOn = (route: Route): boolean => mayContinue && canContinue(route, text);
    let end: ChainEnd<OpenStream>;
    try {
      end = await runChain<OpenStream>(deps, {
        ...call,
        ranking,
        ...(first && { first }),
        send: (route, credential) =>
          send(route, credential, goesOn(route) ? withBeginning(asked, text) : asked),
        endOf: ({ ended }) => ended,
      });
    } catch (error) {
      // A route that was to go on may refuse that and yet begin anew.
      if (
        broken === null ||
        call.signal.aborted ||
        !ranking.ranked.some((one) => goesOn(one.route))
      )
        throw error;
      broken = { ...broken, mayContinue: false };
      continue;
    }
    const isRest = goesOn(end.route);
    if (broken !== null && !isRest) yield { kind: 'restart', why: broken.why };
    yield { kind: 'served', servedBy: { provider: end.route.provider, model: end.route.model } };
    const { events } = end.answer;
    const seen = { text: isRest ? text : '', callBegan: false };
    try {
      for await (const event of isRest ? continued(events, text) : events) {
        if (event.kind.startsWith('tool-call')) seen.callBegan = true;
        if (event.kind === 'text') seen.text += event.text;
        yield withBefore(event, end.routing, before, spent);
      }
      return;
    } catch (error) {
      if (call.signal.aborted || !isServiceError(error)) throw error;
      const isRepair = error instanceof BadToolArgs && asked === request;
      const rest = isRepair ? from(ranking, end.route, 0) : afterLoss(error, ranking, end.route);
      if (rest === null || (seen.callBegan && !isRepair)) throw error;
      if (isRepair) [asked, spent] = [withRepair(request, error), error.usage ?? NO_USAGE];
      deps.onSwitch(end.route, error.type);
      // It had been noted as served; it was not.
      const [served] = end.routing.attempts.slice(-1);
      before.push(...end.routing.attempts.slice(0, -1));
      if (served !== undefined) before.push({ ...served, outcome: error.type, why: error.message });
      broken = { why: error.message, text: seen.text, mayContinue: !isRepair };
      ranking = rest;
    }
  }
}

/** The event with what went before its stream: attempts, and what an answer used that broke. */
function withBefore(
  event: LlmStreamEvent,
  routing: LlmRouting,
  before: readonly LlmAttempt[],
  spent: LlmUsage | null,
): LlmStreamEvent {
  const inAll = (usage: LlmUsage): LlmUsage => (spent === null ? usage : addUsage(spent, usage));
  if (event.kind === 'usage') return { kind: 'usage', usage: inAll(event.usage) };
  if (event.kind !== 'finish') return event;
  const usage = inAll(event.response.usage);
  const attempts = [...before, ...routing.attempts];
  return {
    kind: 'finish',
    response: { ...event.response, usage, routing: { ...routing, attempts } },
  };
}

function afterLoss(error: ServiceError, ranking: Ranking, route: Route): Ranking | null {
  return LOST.includes(error.type) ? from(ranking, route, 1) : null;
}

/** The routes from one on, less the first `skipped` of them; `null` where there is none left. */
function from({ ranked, excluded }: Ranking, route: Route, skipped: 0 | 1): Ranking | null {
  const at = ranked.findIndex((one) => one.route.id === route.id);
  const rest = ranked.slice(at + skipped);
  return rest.length === 0 ? null : { ranked: rest, excluded };
}
